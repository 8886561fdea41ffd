"""What every check of the gate takes, a DataSet, and what it gives: rows of a table."""

import hashlib
from types import ModuleType
from typing import NamedTuple

import numpy as np
from shared.loudness import loudness, phon
from shared.names import SAMPLED_DESIGNS
from shared.sounds import BLOCK, Sounds

from synthesize.levels import active_rms, clip_rms

COLUMNS = ["check", "factor", "other", "value", "limit", "unit", "breach", "note"]


class DataSet(NamedTuple):
    """A data set that is to be checked.

    definition: a mapping as in config.yaml, every default filled in. synthesizer: its module. table:
    {column: (N,)} of parameters.csv. sounds: indexing by rows reads float64 (n, T). measured: see
    measure(), and under `normalize: loudness` also `loudness`, see loudness_levels(). resampled: whether
    models hear the data set at their own rate. K: neighbours that the analyses ask for, 0 if none do.
    """

    definition: dict
    synthesizer: ModuleType
    table: dict
    sounds: Sounds
    measured: dict
    resampled: bool
    K: int

    @property
    def values(self):
        """{factor: (N,)}: its realised values."""
        return {name: self.table[name] for name in self.definition["factors"]}

    @property
    def requested(self):
        """The table as the synthesizer was asked for it: a factor may be measured in the sound it renders."""
        columns = {name: f"requested_{name}" for name in self.definition["factors"]}
        return self.table | {
            name: self.table[column] for name, column in columns.items() if column in self.table
        }

    @property
    def error(self):
        """Standard error of a rank correlation: by chance in a drawn design, 0 in a table or grid."""
        drawn = self.definition["design"] in SAMPLED_DESIGNS
        return 1 / np.sqrt(max(self.sounds.N - 1, 1)) if drawn else 0


def measure(sounds, limit):
    """One pass over all sounds: {rms, active (dB re full scale), peak, dc (share of RMS), above, digest}.

    sounds: Sounds, float32; limit: Hz; `above` is the share of a sound's energy over it. Each value is an
    array (N,).
    """
    over = np.fft.rfftfreq(sounds.T, 1 / sounds.rate) > limit
    parts = []
    for block in sounds.blocks(BLOCK // 8):
        rms = clip_rms(block, sounds.rate)
        energy = np.abs(np.fft.rfft(block, axis=1)) ** 2
        parts.append(
            {
                "rms": 20 * np.log10(np.maximum(rms, 1e-10)),
                "active": 20 * np.log10(np.maximum(active_rms(block, sounds.rate), 1e-10)),
                "peak": np.abs(block).max(axis=1),
                "dc": np.abs(block.mean(axis=1, dtype=float)) / np.where(rms > 0, rms, 1),
                "above": energy[:, over].sum(axis=1) / np.maximum(energy.sum(axis=1), 1e-30),
                "digest": np.array([hashlib.sha256(sound).hexdigest() for sound in block]),
            }
        )
    return {key: np.concatenate([part[key] for part in parts]) for key in parts[0]}


def loudness_levels(sounds, full_scale):
    """Loudness level of each of Sounds in phon, float (N,), to a tenth: nobody hears less.

    full_scale: dB SPL of a sound whose RMS is 1.
    """
    parts = [loudness(block, sounds.rate, full_scale) for block in sounds.blocks(BLOCK // 8)]
    return phon(np.concatenate(parts)).round(1)


def row(check, value=None, unit="", limit=None, breach=None, note="", factor="", other=""):
    """One row of the table. A breach is a magnitude above the limit, unless it is stated."""
    if breach is None:
        breach = limit is not None and abs(value) > limit
    values = (check, factor, other, value, limit, unit, bool(breach), note)
    return dict(zip(COLUMNS, values, strict=True))


def decibels(share):
    """A share of energy in dB, float; at least -150."""
    return 10 * np.log10(max(float(share), 1e-15))
