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
        parameters=size,
        timestamp_embedding_size=size,
        fault=fault,
        sample_rate=sample_rate,
        scene_embedding_size=size,
        rng=np.random.default_rng(0),
        calls=[],
    )


def complained_of(audio, fault, size):
    """An answer with a fault that users complain of, float64 (n, size), or None for another fault."""
    level = np.sqrt(np.mean(audio**2, axis=1, keepdims=True))
    energies = [np.mean(piece**2, axis=1) for piece in np.array_split(audio, size, axis=1)]
    loud = np.where(level > 0.3, 1.0, 2.0)
    steps = np.arange(1.0, size + 1)
    softened = np.exp(np.stack(energies, axis=1))
    answers = {
        "constant": np.ones((len(audio), size)),
        "places in time": np.stack(energies, axis=1),
        "samples": audio[:, :: audio.shape[1] // size][:, :size],
        "duplicates": loud * steps**loud,
        "collapsed": level * steps,
        "softmax": softened / softened.sum(axis=1, keepdims=True),
        "sigmoid": 1 / (1 + np.exp(-1000 * (np.stack(energies, axis=1) - 0.08))),
    }
    return answers.get(fault)


def get_timestamp_embeddings(audio, model):
    """The same of each eighth of a clip, and their middles in ms. Some faults are of these alone."""
    pieces = np.array_split(audio, 8, axis=1)
    frames = np.stack([get_scene_embeddings(piece, model) for piece in pieces], axis=1)
    middles = (np.arange(8) + 0.5) * audio.shape[1] / 8 / model.sample_rate * 1000
    times = np.tile(middles, (len(audio), 1))
    answers = {
        "frames alone": frames,
        "flat frames": (frames[:, 0], times),
        "wide frames": (frames[..., :-1], times),
        "double frames": (frames.astype(np.float64), times),
        "one time": (frames, times[:, :1]),
        "seconds": (frames, times / 1000),
        "counted in samples": (frames, times * model.sample_rate / 1000),
        "falling": (frames, times[:, ::-1]),
    }
    return answers.get(model.fault, (frames, times))


def get_scene_embeddings(audio, model):
    """Energies in bands of the spectrum, standing for a representation."""
    model.calls.append(len(audio))
    audio = audio.astype(np.float64)
    if model.fault == "one length" and audio.shape[1] != 512:
        raise ValueError(f"expected 512 samples, got {audio.shape[1]}")
    answer = complained_of(audio, model.fault, model.scene_embedding_size)
    if answer is not None:
        return answer.astype(np.float32)
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
