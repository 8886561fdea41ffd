"""Names that stand in the config, in files and in rows of scores. Each list of names stands here only.

Standard library only: Snakemake's own Python reads it, too. The code that acts on such names has a dict with
these keys; the schema of the config has them as its choices. Tests keep all of them equal.
"""

SCALES = ("linear", "log", "erb")  # of factors: shared/scales.py
SAMPLED_DESIGNS = ("sobol", "latin_hypercube", "random")  # they take any N; synthesize/designs.py
DESIGNS = (*SAMPLED_DESIGNS, "grid", "table")
NORMALIZATIONS = ("rms", "active", "peak", "none", "time_index")  # of sounds: synthesize/levels.py

METRICS = ("euclidean", "cosine", "correlation")  # of distances between sounds: shared/graphs.py

CONTROLS = (
    "chance",
    "reference",
)  # embeddings that know nothing, or exactly the factors; rows of every table


def is_layer(row):
    """Whether a row is a layer of a model: `crepe.0` is, `crepe` is not."""
    return "." in row


def model_of(row):
    """The model of a row: `crepe` of `crepe.0`, and of `crepe`."""
    return row.split(".")[0]


def depth_of(row):
    """The place of a layer among those of its model: 0 of `crepe.0`. Raises ValueError if it is none."""
    return int(row.rpartition(".")[2])


def layer_name(model, depth):
    """The row of a model's layer: `crepe.0`."""
    return f"{model}.{depth}"
