"""Outputs that Snakemake's own report shows (`snakemake --report`), with their captions."""

from pathlib import Path

from shared.files import written_whole
from snakemake.io import report

from planning.analyses import outputs_of
from planning.places import SCRIPTS


def caption(name):
    """Path of a caption among those of the report's page."""
    return SCRIPTS / "report" / "page" / "captions" / f"{name}.rst"


def caption_file(name, heading, text, folder=Path("resources/captions")):
    """Path of a caption as Snakemake's own report reads it; the file is written if it is not there."""
    path = folder / f"{name}.rst"
    content = f"{heading}\n{'=' * len(heading)}\n\n{text}\n"
    if not path.exists() or path.read_text() != content:
        with written_whole(path) as draft:
            draft.write_text(content)
    return path


def shown(path, caption_path, category, **labels):
    """An output that Snakemake's own report shows. path: a pattern; labels: further ones than the heading."""
    labels = {"what": Path(caption_path).read_text().splitlines()[0]} | labels
    of_dataset = "{dataset}" if "{dataset}" in path else None
    text = str(Path(caption_path).absolute())
    return report(path, caption=text, category=category, subcategory=of_dataset, labels=labels)


def shown_outputs(analysis, table):
    """{name: pattern} of what an analysis writes; the pictures among it are shown."""
    outputs = outputs_of(analysis, table)
    for name, pattern in outputs.items():
        if pattern.endswith(".png"):
            text = caption_file(analysis, **table["caption"])
            outputs[name] = shown(pattern, text, analysis.capitalize(), model="{model}")
    return outputs
