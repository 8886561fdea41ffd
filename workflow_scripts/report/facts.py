"""Facts and audit of each model, in the words of the page: one row of the table, and the same in the card."""

from typing import NamedTuple

from report.tables import number

HEADS = (
    *("module", "weights", "D", "rate (Hz)", "clip (ms)", "seen of the clip", "depends on its batch"),
    *("repeats", "sounds/s", "memory (MB)", "device", "licence"),
)


class Line(NamedTuple):
    """One line of a cell. kind: `mark` for a warning, `small` for an aside, or empty."""

    text: str
    kind: str = ""


class Cell(NamedTuple):
    """One cell of the table. head: of its column, or of the first that it spans."""

    head: str
    lines: list
    span: int = 1


def fact_cells(facts):
    """The cells of one model's row. facts: its embeddings/MODEL.json."""
    if facts["module"] == "precomputed":
        return [
            Cell("module", [Line("precomputed"), Line(facts["file"], "small")]),
            Cell("weights", [Line("not known")]),
            Cell("D", [Line(str(facts["D"]))]),
            Cell("audit", [Line("embedded elsewhere: not audited")], len(HEADS) - 4),
            Cell("licence", [Line(facts["licence"])]),
        ]
    audit = facts["audit"]
    columns = [
        module_lines(facts),
        [Line(weights_word(facts))],
        [Line(str(facts["D"]))],
        [Line(str(facts["sample_rate"])), *fed_as_is(facts)],
        [Line(number(1000 * facts["clip_seconds"]))],
        view_lines(audit),
        batch_lines(audit, facts["batch_size"]),
        repeat_lines(audit),
        [Line(number(facts["sounds_per_second"]))],
        [Line(str(facts["peak_memory_mb"]))],
        [Line(facts["device"])],
        [Line(facts["licence"])],
    ]
    return [Cell(head, lines) for head, lines in zip(HEADS, columns, strict=True)]


def percent(share):
    return f"{number(100 * share)} %"


def module_lines(facts):
    """The module, its layer, its precision if that is reduced, and the packages behind it."""
    lines = [Line(facts["module"])]
    if facts["layer"]:
        lines.append(Line(f"layer {facts['layer']}"))
    if facts["precision"] == "bf16":
        lines.append(Line("in bfloat16", "mark"))
    packages = ", ".join(f"{name} {version}" for name, version in facts["packages"].items())
    return [*lines, Line(packages, "small")]


def weights_word(facts):
    """Whether the model has weights, and whether they are as loaded."""
    if facts["framework"] == "numpy":
        return "none"
    return "random" if facts["initialization"] == "random" else "as loaded"


def fed_as_is(facts):
    """A line if the model heard sounds of another rate than its own."""
    return [Line("fed as is", "small")] if facts["audio_rate"] != facts["sample_rate"] else []


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


def card_facts(facts):
    """What the cards show, for JSON: {model: [[head, [[text, kind], ...]], ...]}.

    facts: {model: its embeddings/MODEL.json}.
    """
    return {
        model: [[cell.head, [list(line) for line in cell.lines]] for cell in fact_cells(known)]
        for model, known in facts.items()
    }
