"""A HEAR model for tests, without a framework: right unless its option `fault` asks for a fault."""

import os
import signal
import time
from types import SimpleNamespace

import numpy as np


class OutOfMemoryError(RuntimeError):
    """Named as PyTorch's own."""


def load_model(model_file_path="", fault="", size=8, sample_rate=16000):
    if fault == "raises":
        raise RuntimeError("the weights are on the moon")
    if fault == "left":
        os._exit(0)
    if fault == "no size":
        return SimpleNamespace(sample_rate=sample_rate)
    return SimpleNamespace(
        fault=fault,
        sample_rate=sample_rate,
        scene_embedding_size=size,
        rng=np.random.default_rng(0),
        calls=[],
    )


def get_scene_embeddings(audio, model):
    """Energies in bands of the spectrum, standing for a representation."""
    model.calls.append(len(audio))
    audio = audio.astype(np.float64)
    if model.fault == "first half":
        audio = audio[:, : audio.shape[1] // 2]
    bands = np.array_split(np.abs(np.fft.rfft(audio)) ** 2, model.scene_embedding_size, axis=1)
    result = np.log1p(np.stack([band.sum(axis=1) for band in bands], axis=1))
    if model.fault == "shape":
        return result[:, :-1].astype(np.float32)
    if model.fault == "double":
        return result
    if model.fault == "list":
        return result.tolist()
    if model.fault == "nan":
        result[-1, 0] = np.nan
    if model.fault == "random":
        result += model.rng.standard_normal(result.shape)
    if "batch" in model.fault:
        result -= result.mean(axis=0)
    if model.fault == "floor":
        result = np.maximum(result, result.max() / 2)
    if "small memory" in model.fault and len(audio) > 7:
        raise OutOfMemoryError("7 sounds at most")
    if model.fault == "nan later" and len(model.calls) > 20:
        result[:] = np.nan
    if model.fault == "late" and len(audio) == 8 and not os.path.exists("allowed"):
        raise RuntimeError("too late")
    if model.fault == "slow":
        time.sleep(2)
    if model.fault == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    return result.astype(np.float32)
