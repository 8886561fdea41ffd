"""wav2vec 2.0 and DDSP by the AMAAI Lab, as submitted to HEAR 2021, on any device.

The package finds loudness and pitch on the first GPU, whether there is one or not; here it does so where
torch computes. torchcrepe dithers the pitch, which is part of the embedding, by NumPy's global generator: it
is seeded before each sound, and sounds go one by one, so that the answer does not depend on the batch.
"""

import functools

import numpy as np
import torch
from wav2vec2_ddsp import wav2vec2_ddsp

load_model = wav2vec2_ddsp.load_model
DEVICE = "cuda" if torch.cuda.is_available() else "cpu"
for name in ("extract_loudness_torch", "extract_pitch_torch"):
    setattr(wav2vec2_ddsp, name, functools.partial(getattr(wav2vec2_ddsp, name), device=DEVICE))


def get_scene_embeddings(audio, model, seed=0):
    """float32 (n, 871): 768 of wav2vec 2.0, 100 harmonics, total amplitude, pitch, sum of harmonics."""
    found = []
    for sound in audio:
        np.random.seed(seed)
        found.append(wav2vec2_ddsp.get_scene_embeddings(sound[None], model))
    return torch.cat(found)
