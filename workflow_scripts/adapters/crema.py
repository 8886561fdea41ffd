"""CREMA's chord recogniser (McFee & Bello 2017): two convolutions, then two GRUs both ways.

The embedding is the output of the second GRU, averaged over time: 256 values, of which the package's own
layers make 12 pitch classes, root, bass and 170 chords. The package needs a Keras of its time. So only its
file of weights is read, and the network is written here anew in PyTorch. The sound goes in as the package
has it: two constant-Q spectra of 36 bins per octave, an octave apart, in decibels below the loudest of the
sound.
"""

from importlib.metadata import distribution

import h5py
import librosa
import numpy as np
import torch
from torch import nn

PACKAGE = distribution("crema")
FILE = "crema/models/chord/model.h5"
RATE, HOP = 44100, 4096
BINS_PER_OCTAVE, OCTAVES = 36, 6
BINS = BINS_PER_OCTAVE * OCTAVES
CHANNELS = 72  # of the second convolution
UNITS = 128  # of a GRU in one direction


class GRU(nn.Module):
    """Keras's GRU of 2017 in both directions: (n, frames, C) to (n, frames, 2 * UNITS).

    It differs from PyTorch's: the reset acts before the product, and the gates are piecewise linear.
    """

    def __init__(self, channels):
        super().__init__()
        self.kernel = nn.Parameter(torch.empty(2, channels, 3 * UNITS))
        self.recurrent = nn.Parameter(torch.empty(2, UNITS, 3 * UNITS))
        self.bias = nn.Parameter(torch.empty(2, 3 * UNITS))
        self.reset_parameters()

    def reset_parameters(self):
        for weight in self.parameters():
            nn.init.uniform_(weight, -(UNITS**-0.5), UNITS**-0.5)  # as PyTorch's GRU has it

    def forward(self, x):
        return torch.cat([self.run(x, 0), self.run(x.flip(1), 1).flip(1)], dim=2)

    def run(self, x, direction):
        """States over time in one direction, (n, frames, UNITS)."""
        recurrent = self.recurrent[direction]
        state, states = x.new_zeros(len(x), UNITS), []
        for given in (x @ self.kernel[direction] + self.bias[direction]).unbind(dim=1):
            gates = given[:, : 2 * UNITS] + state @ recurrent[:, : 2 * UNITS]
            update, reset = (0.2 * gates + 0.5).clamp(0, 1).chunk(2, dim=1)
            new = torch.tanh(given[:, 2 * UNITS :] + (reset * state) @ recurrent[:, 2 * UNITS :])
            state = update * state + (1 - update) * new
            states.append(state)
        return torch.stack(states, dim=1)


class Crema(nn.Module):
    sample_rate = RATE
    scene_embedding_size = timestamp_embedding_size = 2 * UNITS

    def __init__(self):
        super().__init__()
        self.convolutions = nn.Sequential(
            nn.BatchNorm2d(2, eps=1e-3),
            nn.Conv2d(2, 1, 5, padding=2),
            nn.ReLU(),
            nn.BatchNorm2d(1, eps=1e-3),
            nn.Conv2d(1, CHANNELS, (1, BINS)),
            nn.ReLU(),
            nn.BatchNorm2d(CHANNELS, eps=1e-3),
        )
        self.first = GRU(CHANNELS)
        self.norm = nn.BatchNorm1d(2 * UNITS, eps=1e-3)
        self.second = GRU(2 * UNITS)

    def forward(self, spectra):
        """float32 (n, 2, frames, 216) to (n, frames, 256)."""
        x = self.first(self.convolutions(spectra)[..., 0].transpose(1, 2))
        return self.second(self.norm(x.transpose(1, 2)).transpose(1, 2))


def load_model(model_file_path=""):
    network = Crema()
    norms = [layer for layer in network.modules() if isinstance(layer, nn.BatchNorm1d | nn.BatchNorm2d)]
    convolutions = [layer for layer in network.modules() if isinstance(layer, nn.Conv2d)]
    with h5py.File(model_file_path or PACKAGE.locate_file(FILE)) as file:

        def copy(parameter, path):
            parameter.data.copy_(torch.from_numpy(file["model_weights"][f"{path}:0"][()]))

        for i, layer in enumerate(norms, start=1):
            name = f"batch_normalization_{i}/batch_normalization_{i}"
            copy(layer.weight, f"{name}/gamma")
            copy(layer.bias, f"{name}/beta")
            copy(layer.running_mean, f"{name}/moving_mean")
            copy(layer.running_var, f"{name}/moving_variance")
        for i, layer in enumerate(convolutions, start=1):
            copy(layer.weight.permute(2, 3, 1, 0), f"conv2d_{i}/conv2d_{i}/kernel")
            copy(layer.bias, f"conv2d_{i}/conv2d_{i}/bias")
        for i, layer in enumerate((network.first, network.second), start=1):
            for direction, word in enumerate(("forward", "backward")):
                name = f"bidirectional_{i}/bidirectional_{i}/{word}_gru_{i}"
                copy(layer.kernel[direction], f"{name}/kernel")
                copy(layer.recurrent[direction], f"{name}/recurrent_kernel")
                copy(layer.bias[direction], f"{name}/bias")
    return network


def decibels(audio, octave):
    """A constant-Q spectrum from C1 times `octave` up, dB below each sound's maximum, (n, frames, 216)."""
    bins = librosa.cqt(
        audio,
        sr=RATE,
        hop_length=HOP,
        fmin=octave * librosa.note_to_hz("C1"),
        n_bins=BINS,
        bins_per_octave=BINS_PER_OCTAVE,
    )
    bins = np.abs(bins)[..., : max(1, audio.shape[1] // HOP)]  # whole hops
    return np.stack([librosa.amplitude_to_db(sound, ref=np.max).T for sound in bins])


def get_timestamp_embeddings(audio, model):
    """Outputs of the second GRU, float32 (n, frames, 256), and the frames' times in milliseconds."""
    sounds = audio.cpu().numpy()
    spectra = np.stack([decibels(sounds, octave) for octave in (1, 2)], axis=1).astype(np.float32)
    frames = model(torch.from_numpy(spectra).to(audio.device))
    times = torch.arange(frames.shape[1], device=audio.device) * HOP * 1000 / RATE
    return frames, times.expand(len(audio), -1)


def get_scene_embeddings(audio, model):
    return get_timestamp_embeddings(audio, model)[0].mean(dim=1)
