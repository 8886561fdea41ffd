"""Time scattering (Andén & Mallat 2014) by kymatio's NumPy front end, without a deep-learning package.

The embedding is log(1 + |S|) averaged over time, with S the coefficients of orders 0 to 2. (Order 0
may be negative, hence the magnitude.) Options: J (largest scale 2^J samples), Q (wavelets per octave).
"""

import functools
from types import SimpleNamespace

import numpy as np
from kymatio.numpy import Scattering1D

SOUNDS = 4  # at a time: the spectra of more leave the processor's cache


@functools.cache
def transform(J, Q, T):
    """The filter bank for clips of T samples, built once per length, in the precision of the sounds."""
    scattering = Scattering1D(J=J, shape=T, Q=Q)
    for filters in (*scattering.psi1_f, *scattering.psi2_f, scattering.phi_f):
        filters["levels"] = [level.astype(np.float32) for level in filters["levels"]]
    return scattering


def load_model(model_file_path="", J=6, Q=8, sample_rate=16000):
    size = transform(J, Q, 2**13).output_size()
    sizes = {"scene_embedding_size": size, "timestamp_embedding_size": size}
    return SimpleNamespace(J=J, Q=Q, sample_rate=sample_rate, parameters=0, **sizes)


def get_timestamp_embeddings(audio, model):
    """Coefficients, float32 (n, frames, D), and the frames' times in milliseconds."""
    scattering = transform(model.J, model.Q, audio.shape[1])
    parts = [scattering(audio[i : i + SOUNDS]) for i in range(0, len(audio), SOUNDS)]
    frames = np.log1p(np.abs(np.concatenate(parts))).swapaxes(1, 2).astype(np.float32)
    times = np.arange(frames.shape[1]) * 2**model.J * 1000 / model.sample_rate
    return frames, np.tile(times, (len(audio), 1))


def get_scene_embeddings(audio, model):
    return get_timestamp_embeddings(audio, model)[0].mean(axis=1)
