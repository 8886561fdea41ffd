"""Measure acoustic descriptors of recordings, as factors of a data set: write its table.

The descriptors that experiments on timbre name most, one number per sound. Each is a plain measurement of the
mono signal; none is fitted to listeners.

- attack (s): from a tenth to nine tenths of the largest RMS envelope.
- centroid (Hz): mean frequency of the amplitude spectrum, averaged over frames by their energy.
- flux: 1 - correlation of the amplitude spectra of successive frames, averaged in the same way.
- odd_even (dB): energy of the harmonics 3, 5, ... over that of 2, 4, ..., of the whole sound. Of a sound
  without a pitch it is a number without a meaning.
- roughness: beats of all pairs of spectral peaks (Vassilakis 2001), over the number of peaks; no unit.

Sources: McAdams et al., Psychol. Res. 58, 1995; Peeters et al., J. Acoust. Soc. Am. 130, 2011; Vassilakis,
thesis, UCLA, 2001.
"""

import argparse
import csv
import sys
from pathlib import Path

import numpy as np
from shared.audio_files import read_start
from shared.files import written_whole
from shared.listed_files import AUDIO

DESCRIPTORS = ("attack", "centroid", "flux", "odd_even", "roughness")
FRAME = 0.046  # s
FINE = 0.005  # s, of the envelope; its steps are a fifth
LEAST = 0.001  # s, of an attack
LOWEST, HIGHEST = 40, 1500  # Hz, of a pitch
PEAKS = 20  # at most, the highest
LONGEST = 30.0  # s of a file that are read
FLOOR = 1e-12  # of energy, over the largest


def frames_of(sound, size, hop):
    """Frames of a sound, float (n, size), at least one: the end is filled with silence."""
    padded = np.pad(sound, (0, max(size - len(sound), 0)))
    return np.lib.stride_tricks.sliding_window_view(padded, size)[::hop]


def attack(sound, rate):
    """Seconds from a tenth to nine tenths of the largest envelope."""
    hop = max(round(FINE / 5 * rate), 1)
    envelope = np.sqrt((frames_of(sound, 5 * hop, hop) ** 2).mean(axis=1))
    first, last = (np.argmax(envelope >= share * envelope.max()) for share in (0.1, 0.9))
    return max((last - first) * hop / rate, LEAST)


def spectra(sound, rate):
    """Amplitude spectra of frames, (n, bins), frequencies of the bins in Hz, share of energy of frames."""
    size = round(FRAME * rate)
    amplitudes = np.abs(np.fft.rfft(frames_of(sound, size, size // 2) * np.hanning(size), axis=1))
    energy = (amplitudes**2).sum(axis=1)
    return amplitudes, np.fft.rfftfreq(size, 1 / rate), energy / energy.sum()


def centroid(amplitudes, frequencies, share):
    """Mean frequency in Hz of amplitude spectra (n, bins); silent frames do not count."""
    return share @ ((amplitudes @ frequencies) / np.maximum(amplitudes.sum(axis=1), 1e-30))


def flux(amplitudes, share):
    """1 - correlation of successive spectra (n, bins), averaged by energy; 0 for a single frame."""
    if len(amplitudes) < 2:
        return 0.0
    centred = amplitudes - amplitudes.mean(axis=1, keepdims=True)
    unit = centred / np.maximum(np.linalg.norm(centred, axis=1, keepdims=True), 1e-30)
    weights = np.sqrt(share[1:] * share[:-1])
    return float(1 - (weights @ (unit[1:] * unit[:-1]).sum(axis=1)) / weights.sum())


def pitch(power, rate):
    """Pitch in Hz: of the first high peak of the autocorrelation.

    power: of a real FFT of twice the length.
    """
    correlation = np.fft.irfft(power)
    lags = np.arange(int(rate / HIGHEST), min(int(rate / LOWEST), len(correlation) // 2 - 1))
    inner = correlation[lags]
    peaks = (inner >= correlation[lags - 1]) & (inner >= correlation[lags + 1])
    good = peaks & (inner > 0.9 * inner[peaks].max()) if peaks.any() else inner == inner.max()
    return rate / lags[np.argmax(good)]


def odd_even(power, rate, f0, harmonics=15):
    """Energy of odd over even harmonics in dB, without the first, each within a fifth of f0.

    power: of a real FFT.
    """
    frequencies = np.linspace(0, rate / 2, len(power))
    floor, energies = FLOOR * power.sum(), {0: 0.0, 1: 0.0}
    for h in range(2, harmonics + 1):
        near = np.abs(frequencies - h * f0) <= max(f0 / 5, frequencies[1])
        energies[h % 2] += power[near].sum()
    return 10 * np.log10((energies[1] + floor) / (energies[0] + floor))


def roughness(amplitudes, frequencies):
    """Roughness of one amplitude spectrum (bins,) by its highest peaks, the largest scaled to 1."""
    inner = amplitudes[1:-1]
    places = 1 + np.flatnonzero((inner > amplitudes[:-2]) & (inner >= amplitudes[2:]))
    places = np.sort(places[np.argsort(-amplitudes[places])[:PEAKS]])
    if len(places) < 2:
        return 0.0
    first, second = (places[i] for i in np.triu_indices(len(places), 1))
    a, b = (amplitudes[i] / amplitudes[places].max() for i in (first, second))
    gap = 0.24 / (0.0207 * frequencies[first] + 18.96) * (frequencies[second] - frequencies[first])
    beats = (a * b) ** 0.1 * 0.5 * (2 * np.minimum(a, b) / (a + b)) ** 3.11
    return float((beats * (np.exp(-3.5 * gap) - np.exp(-5.75 * gap))).sum() / len(places))


def described(sound, rate):
    """All DESCRIPTORS of a sound, float (T,), at a rate in Hz: a dict. Raises ValueError for silence."""
    if not np.any(sound):
        raise ValueError("is silent")
    amplitudes, frequencies, share = spectra(sound, rate)
    power = np.abs(np.fft.rfft(sound, 2 * len(sound))) ** 2
    loudest = np.abs(np.fft.rfft(sound * np.hanning(len(sound))))
    values = (
        attack(sound, rate),
        centroid(amplitudes, frequencies, share),
        flux(amplitudes, share),
        odd_even(power, rate, pitch(power, rate)),
        roughness(loudest, np.fft.rfftfreq(len(sound), 1 / rate)),
    )
    return dict(zip(DESCRIPTORS, map(float, values), strict=True))


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True, help="folder of the recordings")
    parser.add_argument("--output", required=True, help="CSV to write: file and descriptors, by name")
    args = parser.parse_args(argv)
    files = sorted(path for path in args.folder.iterdir() if path.suffix.lower() in AUDIO)
    if not files:
        sys.exit(f"error: no sound is in the folder {args.folder}")
    rows = []
    for path in files:
        try:
            rows.append({"file": path.name} | described(*read_start(path, LONGEST)))
        except ValueError as problem:
            sys.exit(f"error: {path} {problem}")
    with written_whole(args.output) as draft, open(draft, "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, ["file", *DESCRIPTORS])
        writer.writeheader()
        for row in rows:
            writer.writerow({key: v if key == "file" else f"{v:.6g}" for key, v in row.items()})
