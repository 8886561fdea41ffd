"""HEAR's naive baseline (log-mel spectrum, random projection) with the paper's Gaussian projection.

The published checkpoint holds a normal draw, but hearbaseline's PyPI package does not carry it, and
without a file the package draws a uniform projection, which gives a wholly different picture. Here
the projection is drawn from a standard normal distribution by NumPy, from a seed, at the package's
own scale (1 / sqrt of the number of mel bands).
"""

import numpy as np
import torch
from hearbaseline import naive

get_scene_embeddings = naive.get_scene_embeddings
get_timestamp_embeddings = naive.get_timestamp_embeddings


def load_model(model_file_path="", seed=0):
    """The baseline's model; its projection from a checkpoint, or else Gaussian, from `seed`."""
    model = naive.load_model(model_file_path)
    if not model_file_path:
        rng = np.random.default_rng(seed)
        weights = rng.standard_normal(model.projection.shape) / np.sqrt(model.n_mels)
        model.projection.data = torch.from_numpy(weights.astype(np.float32))
    return model
