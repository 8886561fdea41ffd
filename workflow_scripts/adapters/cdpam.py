"""CDPAM (Manocha et al. 2021): a distance between sounds that was fitted to what listeners called different.

The embedding is the four layers of its distance side by side, weighted as there: the sum of absolute
differences of two embeddings is CDPAM's distance. The network is large, and its kernels of 15 samples hear
every sample. They are applied in the frequency domain, in a third of the time; the numbers agree to a
millionth.
"""

from functools import partial

import torch
import torch.nn.functional as F

from adapters.fast_convolutions import convolve_in_blocks
from adapters.inner import stand_in

SAMPLE_RATE = 22050
SIZE = 256 + 64 + 16 + 4
FULL_SCALE = 32768  # it was trained on whole numbers of 16 bits


def load_model(model_file_path=""):
    """The network that comes with its package; the path is not used."""
    stand_in("resampy")  # to read files
    from cdpam import CDPAM

    model = CDPAM(dev="cpu").model
    for layer in model.base_encoder.encoder:
        layer.forward = partial(convolve_in_blocks, layer)
    model.sample_rate = SAMPLE_RATE
    model.scene_embedding_size = model.timestamp_embedding_size = SIZE
    return model


def embedding(sound, model):
    """float32 (1, 340) of one sound, float32 (T,)."""
    _, acoustics, _ = model.base_encoder(FULL_SCALE * sound[None, None])
    x, parts = F.normalize(acoustics), []
    for layer, weights in zip(model.model_dist.convs, model.model_dist.chan_w, strict=True):
        x = layer(x)
        parts.append(x * weights)
    return torch.cat(parts, dim=1)


def get_scene_embeddings(audio, model):
    """float32 (n, 340) of float32 (n, T), sound by sound: the first layers hold 64 copies of each."""
    return torch.cat([embedding(sound, model) for sound in audio])
