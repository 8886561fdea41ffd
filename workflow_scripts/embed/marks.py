"""Marks of the audit: what a user should know before reading the scores, one sentence each."""

from embed.rows import PROBABILITIES, VARIANCE, rows_facts

ALIKE = 0.9  # cosine of a sound to itself that counts as the same sound
REPEATED = 0.01  # share of rows that may repeat an earlier one without reason


def moved(cosine, others):
    """Whether a change that keeps a sound moves its embedding by much, or more than another sound does.

    cosine: to itself, None if it is not known; others: between different sounds.
    """
    return cosine is not None and (cosine < ALIKE or cosine < others - 1e-4)


def heard_marks(audit):
    """Marks of what a model does on the sounds of the audit: {name: sentence}."""
    marks = {}
    others = f"{audit['other_cosine']:.2f} between different sounds"
    if not audit["varies"]:
        marks["constant"] = "The model gives all sounds the same answer, so it tells nothing of them."
    if audit["batch_dependent"]:
        marks["batch"] = (
            "A sound's embedding depends on the other sounds of its batch, by "
            f"{audit['batch_difference']:.1%} of the largest value."
        )
    if audit["view_share"] < 1:
        marks["view"] = f"The model sees {audit['view_share']:.0%} of a clip; the rest does not count."
    if moved(audit["silence_cosine"], audit["other_cosine"]):
        marks["silence"] = (
            "Silence behind a sound moves its embedding, so sounds of different length cannot be compared: "
            f"cosine to itself {audit['silence_cosine']:.2f} ({others})."
        )
    if moved(audit["shift_cosine"], audit["other_cosine"]):
        marks["delay"] = (
            "A delay of a few samples moves a sound's embedding, which so depends on when the sound begins: "
            f"cosine to itself {audit['shift_cosine']:.2f} ({others})."
        )
    return marks


def rows_marks(rows, D):
    """Marks of all embeddings of a data set: {name: sentence}. rows: rows_facts; D: size of an embedding."""
    marks = {}
    extra = rows["repeated_share"] - rows["repeated_settings_share"]
    if extra > REPEATED:
        marks["duplicates"] = (
            f"{extra:.0%} of the embeddings repeat that of another sound to six digits, so these sounds "
            "cannot be told apart."
        )
    if D > 1 and rows["directions_of_99_percent"] <= 1:
        marks["collapsed"] = (
            f"{VARIANCE:.0%} of the variance lies along one of {D} directions: the embedding has collapsed, "
            "or one large value drowns the others."
        )
    if rows["outputs"]:
        kind = "sum to 1" if rows["outputs"] == PROBABILITIES else "are sigmoids at their ends"
        marks["probabilities"] = (
            f"The values lie between 0 and 1 and {kind}: they are a classifier's answer, in which most "
            "sounds are equally far from each other; take the layer before."
        )
    return marks


def with_marks(facts, rows, parameters):
    """Facts of an embedding with those of all its rows, and with its marks, {name: sentence}.

    facts: of its JSON, with `audit` if the model was heard. rows: array (N, D), in memory or not. parameters:
    path of the data set's parameters.csv.
    """
    of_rows = rows_facts(rows, parameters)
    heard = heard_marks(facts["audit"]) if "audit" in facts else {}
    return facts | {"rows": of_rows, "marks": heard | rows_marks(of_rows, rows.shape[1])}
