"""Card and audit of each model, in the words of the page: one row of two tables, and the same in the card."""

from pathlib import Path
from typing import NamedTuple

from report.tables import number

CARD = (
    *("module", "task", "training data", "parameters", "D", "rate (Hz)", "clip (ms)", "s per 1,000 sounds"),
    *("memory (MB)", "device", "weights", "licence", "confinement"),
)
AUDIT = (
    *("marks", "seen of the clip", "depends on its batch", "repeats", "silence behind", "delay"),
    *("gain -6 dB", "gain +6 dB", "duplicates", "directions", "outputs"),
)
ORDERS = {  # what the page's models can be sorted by: key of main_facts, in words
    "name": "name",
    "parameters": "parameters",
    "D": "D",
    "seconds": "s per 1,000 sounds",
    "memory": "memory",
    "marks": "marks",
    "task": "task",
    "licence": "licence",
}
UNKNOWN = "unknown"
DIGITS = 12  # shown of a digest


class Line(NamedTuple):
    """One line of a cell. kind: `mark` for a warning, `small` for an aside, or empty."""

    text: str
    kind: str = ""


class Cell(NamedTuple):
    """One cell of a table. head: of its column, or of the first that it spans.

    sort: a number that it sorts by, or None: by its words. said: sentences that the card shows in place of
    the lines, and that are the cell's tip.
    """

    head: str
    lines: list
    span: int = 1
    sort: float | None = None
    said: tuple = ()


def card_cells(facts):
    """The cells of one model's row of the model cards. facts: its embeddings/MODEL.json."""
    cells = {
        "module": Cell("module", module_lines(facts)),
        "task": Cell("task", [Line(facts["task"])]),
        "training data": Cell("training data", [Line(facts["training_data"])]),
        "parameters": parameters_cell(facts["parameters"]),
        "D": Cell("D", [Line(str(facts["D"]))]),
        "weights": Cell("weights", weights_lines(facts)),
        "licence": Cell("licence", [Line(facts["licence"])]),
    }
    if facts["module"] == "precomputed":
        cells["rate (Hz)"] = Cell("rate (Hz)", [Line("embedded elsewhere: not known")], 5)
        cells["confinement"] = Cell("confinement", [Line("not run here")])
    else:
        seconds, memory = facts["seconds_per_1000_sounds"], facts["peak_memory_mb"]
        each = Line(f"embeddings: {0.004 * facts['D']:.3g} per 1,000 sounds", "small")
        cells |= {
            "rate (Hz)": Cell("rate (Hz)", [Line(str(facts["sample_rate"])), *fed_as_is(facts)]),
            "clip (ms)": Cell("clip (ms)", [Line(number(1000 * facts["clip_seconds"]))]),
            "s per 1,000 sounds": Cell("s per 1,000 sounds", [Line(number(seconds))]),
            "memory (MB)": Cell("memory (MB)", [Line(str(memory)), each], sort=memory),
            "device": Cell("device", [Line(facts["device"])]),
            "confinement": Cell("confinement", [Line(line, "small") for line in confined(facts)]),
        }
    return [cells[head] for head in CARD if head in cells]


def audit_cells(facts):
    """The cells of one model's row of the audit. facts: its embeddings/MODEL.json."""
    marks, rows = facts["marks"], facts["rows"]
    lines = [Line(name, "mark") for name in marks] or [Line("none")]
    cells = {
        "marks": Cell("marks", lines, sort=len(marks), said=tuple(marks.values())),
        "duplicates": Cell("duplicates", [marked(percent(rows["repeated_share"]), "duplicates" in marks)]),
        "directions": directions_cell(rows, "collapsed" in marks),
        "outputs": Cell("outputs", [marked(rows["outputs"], True) if rows["outputs"] else Line("free")]),
    }
    if "audit" not in facts:
        cells["seen of the clip"] = Cell("seen of the clip", [Line("embedded elsewhere: not heard")], 7)
    else:
        audit = facts["audit"]
        cells |= {
            "seen of the clip": Cell("seen of the clip", view_lines(audit)),
            "depends on its batch": Cell("depends on its batch", batch_lines(audit, facts["batch_size"])),
            "repeats": Cell("repeats", repeat_lines(audit)),
            "silence behind": silence_cell(audit, "silence" in marks),
            "delay": cosine_cell("delay", audit["shift_cosine"], "delay" in marks),
            "gain -6 dB": cosine_cell("gain -6 dB", audit["half_gain_cosine"]),
            "gain +6 dB": cosine_cell("gain +6 dB", audit["double_gain_cosine"]),
        }
    return [cells[head] for head in AUDIT if head in cells]


def percent(share):
    return f"{100 * share:.3g} %"


def marked(text, mark):
    """A line that is a warning if `mark`."""
    return Line(text, "mark" if mark else "")


# --- the model card --------------------------------------------------------------------------------


def module_lines(facts):
    """The module, its layer or pooling, its precision if that is reduced, and the packages behind it."""
    if facts["module"] == "precomputed":
        return [Line("precomputed"), Line(facts["file"], "small")]
    lines = [Line(facts["module"])]
    if facts["layer"]:
        lines.append(Line(f"layer {facts['layer']}"))
    if facts["pooling"]:
        hop = f", every {number(facts['hop'])} ms" if facts["hop"] else ""
        lines.append(Line(f"moments{hop}: {facts['pooling'].replace('_', ' and ')}"))
    if facts["precision"] == "bf16":
        lines.append(Line("in bfloat16", "mark"))
    packages = ", ".join(f"{name} {version}" for name, version in facts["packages"].items())
    return [*lines, Line(packages, "small")]


def parameters_cell(parameters):
    """How many parameters were counted. parameters: their number, or None if they could not be."""
    return Cell("parameters", [Line(UNKNOWN if parameters is None else f"{parameters:,}")], sort=parameters)


def weights_lines(facts):
    """Whether the weights are as loaded, and the digests of their files."""
    if facts["module"] == "precomputed":
        return [Line("not known"), Line(f"array {facts['sha256'][:DIGITS]}", "small")]
    word = "none" if facts["parameters"] == 0 else "as loaded"
    word = "random" if facts["initialization"] == "random" else word
    files = facts["weights_sha256"].items()
    return [Line(word), *(Line(f"{Path(path).name} {digest[:DIGITS]}", "small") for path, digest in files)]


def fed_as_is(facts):
    """A line if the model heard sounds of another rate than its own."""
    return [Line("fed as is", "small")] if facts["audio_rate"] != facts["sample_rate"] else []


def confined(facts):
    """What the model's job was kept from, and its limits, a line each (docs/security.md)."""
    return facts.get("confinement", UNKNOWN).split("; ")


def main_facts(facts):
    """What the page's models are sorted and filtered by: {key: number, text or None}."""
    keys = ("parameters", "D", "task", "training_data", "licence", "module")
    kept = {key: facts[key] for key in keys}
    return kept | {
        "seconds": facts.get("seconds_per_1000_sounds"),
        "memory": facts.get("peak_memory_mb"),
        "marks": len(facts["marks"]),
        "brief": brief(facts),
    }


def brief(facts):
    """What the first screen says of a model: `22.2 M, pitch of one voice`, or empty."""
    count, task = facts["parameters"], facts["task"]
    scale, unit = (1e6, " M") if count and count >= 1e6 else (1e3, " k")
    size = f"{count / scale:.3g}{unit}" if count else ""
    trained = "untrained" if task == "none" else task
    return ", ".join(word for word in (size, trained) if word not in ("", UNKNOWN))


# --- the audit -------------------------------------------------------------------------------------


def view_lines(audit):
    """How much of a clip the model sees."""
    if audit["view_share"] >= 1:
        return [Line("all")]
    part = f"from {number(100 * audit['view_start'])} to {percent(audit['view_end'])}"
    return [Line(percent(audit["view_share"]), "mark"), Line(part, "small")]


def batch_lines(audit, batch_size):
    """Whether an embedding depends on the other sounds of its batch."""
    if not audit["batch_dependent"]:
        return [Line("no")]
    alone = [Line("embedded one by one", "small")] if batch_size == 1 else []
    return [Line(f"yes, {percent(audit['batch_difference'])}", "mark"), *alone]


def repeat_lines(audit):
    """Whether the model gives the same answer again, and different answers to different sounds."""
    difference = audit["repeat_difference"]
    lines = [Line("exactly" if difference == 0 else f"within {number(difference)}")]
    return lines if audit["varies"] else [*lines, Line("same answer to all sounds", "mark")]


def cosine_cell(head, cosine, mark=False):
    """The cosine of a changed sound to itself."""
    return Cell(head, [marked(f"{cosine:.3f}", mark)], sort=cosine)


def silence_cell(audit, mark):
    """The cosine of a sound with silence behind it to itself, or that the model takes no other length."""
    if audit["silence_cosine"] is None:
        return Cell("silence behind", [Line("takes no longer clip"), Line(audit["silence_refused"], "small")])
    return cosine_cell("silence behind", audit["silence_cosine"], mark)


def directions_cell(rows, mark):
    """How many directions hold nearly all of the variance, and the effective rank."""
    directions = rows["directions_of_99_percent"]
    aside = f"effective rank {rows['effective_rank']:.3g}"
    if rows["still_share"]:
        aside += f"; {percent(rows['still_share'])} of D never move"
    return Cell("directions", [marked(str(directions), mark), Line(aside, "small")], sort=directions)


def card_facts(facts):
    """What the cards show, for JSON: {model: [[head, [[text, kind], ...]], ...]}.

    facts: {model: its embeddings/MODEL.json}.
    """
    return {
        model: [
            [cell.head, [[text, "mark"] for text in cell.said] or [list(line) for line in cell.lines]]
            for cell in (*card_cells(known), *audit_cells(known))
        ]
        for model, known in facts.items()
    }
