"""Harmonic tones whose spectrum is decoded from latents by a small neural network.

The network is the decoder of a variational autoencoder whose first latent axes are regularised to follow what
is heard, here the spectral centroid and the level of odd over even harmonics. It gives levels in dB by
harmonic number, whatever f1. train_neural.py trains it; this file needs NumPy only.

A latent axis is no factor: the network follows brightness and odd_even only nearly, and the band limit cuts a
tone of f1 = 400 Hz after harmonic 17. So latents 0 and 1 are solved for, per sound, until the spectrum as
rendered has the wanted pair. The pair that it has in the end is returned as the factor.

Source: after Roche, Hueber, Garnier, Limier & Girin, "Make That Sound More Metallic" (TISMIR 4(1), 2021).
"""

import itertools
import zipfile

import numpy as np
from shared.oscillators import ramped, sum_sinusoids

from synthesizers.additive import starting_phases

# shape_1 and shape_2 are latents 2 and 3, the free ones that change the spectrum most: by some 3 dB rms per
# unit, at equal brightness and odd_even.
FACTORS = {
    "f1": {
        "unit": "Hz",
        "scale": "erb",
        "low": 200,
        "high": 400,
        "default": 280,
        "jnd": {
            "percent": 1,
            "duration": [[0.02, 4.1], [0.05, 2.2], [0.1, 1.6], [0.2, 1.3], [0.5, 1]],
            "source": "Mehta & Oxenham 2020; below 0.5 s as pure tones, Micheyl et al. 2012",
        },
    },
    "brightness": {
        "unit": "Hz",
        "scale": "log",
        "low": 800,
        "high": 2000,
        "default": 1250,
        "jnd": {"percent": 5, "source": "assumed: the figure commonly quoted for the centroid"},
    },
    "odd_even": {
        "unit": "dB",
        "scale": "linear",
        "low": 0,
        "high": 24,
        "default": 6,
        "jnd": {"step": 1, "source": "Warren et al. 2003: odd harmonics, from 0, 6, 12 dB, f0 80 Hz"},
    },
    "shape_1": {
        "unit": "latent sd",
        "scale": "linear",
        "low": -1.5,
        "high": 1.5,
        "default": 0,
        "jnd": {"step": 0.3, "source": "assumed: some 1 dB rms over the harmonics"},
    },
    "shape_2": {
        "unit": "latent sd",
        "scale": "linear",
        "low": -1.5,
        "high": 1.5,
        "default": 0,
        "jnd": {"step": 0.3, "source": "assumed: some 1 dB rms over the harmonics"},
    },
}

NUISANCES = {"phases": {"unit": "seed", "integers": 2147483647, "default": 0}}

RAMP = 0.05  # s
MARGIN = 50.0  # Hz between the highest harmonic and the band limit, for the side lobes of the ramps
STEPS = 8  # of Newton's method; 5 are exact to rounding where the wanted pair exists
FARTHEST = 4.0  # latent sd; the decoder has not been trained beyond


def read_decoder(path):
    """Trained decoder: {"weights": [(in, out), ...], "biases": [(out,), ...], "mean": (2,), "scale": (2,)}.

    mean, scale: of ln(centroid as harmonic number) and of odd_even (dB), which latents 0 and 1 follow
    standardised. Raises ValueError in one sentence.
    """
    cure = "train one with `python workflow_scripts synthesize.train_neural --seed 0 --output decoder.npz`"
    try:
        with np.load(path) as file:
            layers = sum(name.startswith("weight_") for name in file)
            weights = [file[f"weight_{i}"].astype(float) for i in range(layers)]
            biases = [file[f"bias_{i}"].astype(float) for i in range(layers)]
            decoder = {"weights": weights, "biases": biases, "mean": file["mean"], "scale": file["scale"]}
    except OSError as problem:
        reason = problem.strerror or "not an npz file"
        raise ValueError(f"neural: cannot read the trained decoder {path} ({reason}); {cure}") from problem
    except (KeyError, TypeError, ValueError, AttributeError, EOFError, zipfile.BadZipFile) as problem:
        raise ValueError(f"neural: {path} is not a trained decoder; {cure}") from problem
    sizes = [w.shape for w in weights]
    chained = all(a[1:] == b[:1] for a, b in itertools.pairwise(sizes))
    fitting = [(w[-1],) for w in sizes] == [b.shape for b in biases]
    pairs = decoder["mean"].shape == decoder["scale"].shape == (2,)
    if not (sizes and {len(s) for s in sizes} == {2} and chained and fitting and pairs and sizes[0][0] >= 4):
        raise ValueError(f"neural: the arrays of {path} are not those of a decoder; {cure}")
    return decoder


def decode(decoder, latents):
    """Levels of harmonics 1..H in dB, float (n, H), from latents (n, L) by dense layers with tanh between."""
    x = latents[:, None, :]  # one product per sound: its rounding does not depend on the others
    for i, (weight, bias) in enumerate(zip(decoder["weights"], decoder["biases"], strict=True)):
        x = (np.tanh(x) if i else x) @ weight + bias
    return x[:, 0, :]


def amplitudes(levels, count):
    """Amplitudes float (n, H) of levels (dB), their sum 1, of the first count (n,) harmonics; 0 above."""
    levels = np.where(np.arange(levels.shape[1]) < count[:, None], levels, -np.inf)
    linear = 10 ** ((levels - levels.max(axis=1, keepdims=True)) / 20)
    return linear / linear.sum(axis=1, keepdims=True)


def descriptors(levels, count):
    """Centroid and odd_even of the first count harmonics of each spectrum, each float (n,).

    levels: dB, (n, H); count: int (n,), from 3 to H. The centroid is the mean harmonic number weighted by
    amplitude; times f1 it is in Hz. odd_even, in dB, takes each even harmonic that has an odd one on either
    side, and is the mean level of these two minus the level of the even one, averaged over them. It is 0
    where levels fall on a line from harmonic to harmonic, and d where the even harmonics of such a spectrum
    lose d dB.
    """
    a = amplitudes(levels, count)
    centroid = (np.arange(1, a.shape[1] + 1) * a).sum(axis=1)
    even = np.arange(1, levels.shape[1] - 1, 2)  # columns of harmonics 2, 4, ...
    notches = (levels[:, even - 1] + levels[:, even + 1]) / 2 - levels[:, even]
    return centroid, np.mean(notches, axis=1, where=even + 2 <= count[:, None])


def solve(decoder, wanted, shapes, count):
    """Latents (n, L) whose first count harmonics have the wanted descriptors, by Newton's method.

    wanted: (n, 2), ln centroid (harmonic number) and odd_even (dB); shapes: (n, 2), latents 2 and 3; the
    rest is 0. Where no latents 0 and 1 within FARTHEST give the wanted pair, those near it are returned.
    """

    def measure(latents):
        centroid, odd_even = descriptors(decode(decoder, latents), count)
        return (np.stack([np.log(centroid), odd_even], axis=1) - decoder["mean"]) / decoder["scale"]

    wanted = (wanted - decoder["mean"]) / decoder["scale"]
    latents = np.zeros((len(wanted), len(decoder["weights"][0])))
    latents[:, :2], latents[:, 2:4] = np.clip(wanted, -FARTHEST, FARTHEST), shapes
    h = 1e-5
    for _ in range(STEPS):
        now = measure(latents)
        nudges = h * np.eye(latents.shape[1])[:2]
        slopes = np.stack([(measure(latents + nudge) - now) / h for nudge in nudges], axis=2)
        steps = (np.linalg.pinv(slopes) @ (wanted - now)[:, :, None])[:, :, 0]
        latents[:, :2] = np.clip(latents[:, :2] + np.clip(steps, -1, 1), -FARTHEST, FARTHEST)
    return latents


def render(parameters, sample_rate, duration, trained, max_frequency=7000):
    """Sounds float64 (n, T) and the realised {brightness (Hz), odd_even (dB)}, each float (n,).

    parameters: f1 (Hz), brightness (Hz: amplitude-weighted mean frequency), odd_even (dB, as in
    descriptors), shape_1, shape_2 (latent standard deviations), phases (seed), each (n,). trained: path
    of the npz of train_neural.py. A tone has the decoder's harmonics up to MARGIN below max_frequency.
    Raises ValueError where a tone would have fewer than 3.
    """
    decoder = read_decoder(trained)
    if max_frequency > sample_rate / 2:
        raise ValueError(
            f"neural: max_frequency {max_frequency:g} Hz is above half of the sample rate "
            f"({sample_rate} Hz); lower it or raise the sample rate"
        )
    f1 = np.asarray(parameters["f1"], dtype=float)
    H = decoder["weights"][-1].shape[1]
    count = np.minimum((max_frequency - MARGIN) // f1, H).astype(int)
    if (count < 3).any():
        raise ValueError(
            f"neural: f1 = {f1[count < 3][0]:g} Hz has fewer than 3 harmonics below max_frequency = "
            f"{max_frequency:g} Hz; lower f1 or raise max_frequency"
        )
    wanted = np.stack([np.log(parameters["brightness"] / f1), parameters["odd_even"]], axis=1)
    shapes = np.stack([parameters["shape_1"], parameters["shape_2"]], axis=1)
    levels = decode(decoder, solve(decoder, wanted, shapes, count))
    centroid, odd_even = descriptors(levels, count)
    phases = starting_phases(parameters["phases"], H)
    # harmonics above the band are silent, and at 0 Hz lest they alias
    frequencies = f1[:, None] * np.where(np.arange(H) < count[:, None], np.arange(1, H + 1), 0)
    T = round(duration * sample_rate)
    sounds = sum_sinusoids(frequencies, amplitudes(levels, count), phases, 0.0, T, sample_rate)
    return ramped(sounds, sample_rate, RAMP), {"brightness": centroid * f1, "odd_even": odd_even}
