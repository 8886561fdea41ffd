"""Names that stand in the config, in files and in rows of scores. Each list of names stands here only.

Standard library only: Snakemake's own Python reads it, too. The code that acts on such names has a dict with
these keys; the schema of the config has them as its choices. Tests keep all of them equal.
"""

SCALES = ("linear", "log", "erb")  # of factors: shared/scales.py
SAMPLED_DESIGNS = ("sobol", "latin_hypercube", "random")  # they take any N; synthesize/designs.py
DESIGNS = (*SAMPLED_DESIGNS, "grid", "table")
# Of the levels of sounds: synthesize/levels.py.
NORMALIZATIONS = ("rms", "active", "loudness", "peak", "none", "time_index")

METRICS = ("euclidean", "cosine", "correlation")  # of distances between sounds: shared/graphs.py
POOLINGS = ("mean", "std", "mean_std", "max", "first", "last")  # of moments over time: embed/timestamps.py
STATED = ("task", "training_data", "licence")  # what a model's entry says of it, for the report

CONTROLS = (
    "chance",
    "reference",
)  # embeddings that know nothing, or exactly the factors; rows of every table


HEADS = ("supervised", "contrastive")  # kinds of shallow networks on top of a row; rows of their own: heads/


WITHOUT_CLOUD = (
    "ladder",
    "ratings",
    "experiment",
)  # keys of a data set whose sounds are compared in other ways


def is_cloud(entry):
    """Whether a data set, as its entry states it, is a cloud of sounds that fill a space of factors."""
    return not any(key in entry for key in WITHOUT_CLOUD)


def is_layer(row):
    """Whether a row is a layer, a further pooling or a head of another: `crepe.0`, `crepe.max` are."""
    return "." in row


def model_of(row):
    """The model of a row: `crepe` of `crepe.0`, and of `crepe`."""
    return row.split(".")[0]


def part_of(row):
    """What a row is of its model: `0` of `crepe.0`, `max` of `crepe.max`, empty of `crepe`."""
    return row.partition(".")[2]


def base_of(row):
    """The row that a head stands on: `crepe.0` of `crepe.0.supervised`. A row that is no head: itself."""
    base, _, kind = row.rpartition(".")
    return base if base and kind in HEADS else row


def is_head(row):
    """Whether a row is a head: `crepe.supervised`, `crepe.0.contrastive`."""
    return base_of(row) != row


def part_names(poolings, layers):
    """What a model has rows of besides its own, which is of its first pooling: the others, then its layers.

    poolings: names, empty without `embedding: timestamps`; layers: their number.
    """
    return [*poolings[1:], *map(str, range(layers))]


def part_name(model, part):
    """The row of a model's layer or pooling: `crepe.0`, `crepe.max`."""
    return f"{model}.{part}"
