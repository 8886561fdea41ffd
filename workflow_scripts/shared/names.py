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


WITHOUT_CLOUD = (
    "ladder",
    "ratings",
    "experiment",
)  # keys of a data set whose sounds are compared in other ways


def is_cloud(entry):
    """Whether a data set, as its entry states it, is a cloud of sounds that fill a space of factors."""
    return not any(key in entry for key in WITHOUT_CLOUD)


def is_layer(row):
    """Whether a row is a layer or a further pooling of a model: `crepe.0` and `crepe.max` are."""
    return "." in row


def model_of(row):
    """The model of a row: `crepe` of `crepe.0`, and of `crepe`."""
    return row.split(".")[0]


def part_of(row):
    """What a row is of its model: `0` of `crepe.0`, `max` of `crepe.max`, empty of `crepe`."""
    return row.partition(".")[2]


def part_names(poolings, layers):
    """What a model has rows of besides its own, which is of its first pooling: the others, then its layers.

    poolings: names, empty without `embedding: timestamps`; layers: their number.
    """
    return [*poolings[1:], *map(str, range(layers))]


def part_name(model, part):
    """The row of a model's layer or pooling: `crepe.0`, `crepe.max`."""
    return f"{model}.{part}"
