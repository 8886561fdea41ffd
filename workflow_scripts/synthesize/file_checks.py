"""Checks of the file of sounds: its clip and rate, and what one pass over all sounds has measured."""

import numpy as np

from synthesize.gate import decibels, row
from synthesize.synthesize import band


def clip(data):
    """Whether sounds are long enough for models, and for ears."""
    duration = data.definition["duration"]
    note = "many models look at about 1 s, and pitch is heard less finely in short tones"
    yield row("clip", duration, "s", 0.5, duration < 0.5, note)


def sample_rate(data):
    """Whether models of different rates hear the same sounds."""
    note = "the same samples go to every model: at twice the rate, an octave up and half as long"
    if data.resampled:
        note = "every model hears it at its own rate"
    yield row("sample_rate", data.definition["sample_rate"], "Hz", breach=not data.resampled, note=note)


def peak(data):
    """Whether a sound exceeds full scale."""
    yield row("peak", float(data.measured["peak"].max()), "full scale", 1 + 1e-6)


def dc(data):
    """The largest mean of a sound."""
    yield row("dc", float(data.measured["dc"].max()), "share of RMS", 0.01)


def energy_above_band(data):
    """The largest share of energy above the band that the data set states."""
    top = band(data.definition, data.synthesizer)
    if top < data.definition["sample_rate"] / 2:
        share = decibels(data.measured["above"].max())
        yield row("band", share, "dB", -50, share > -50, f"largest share of energy above {top:g} Hz")


def twins(data):
    """How many sounds are equal to the bit to a sound of other factors."""
    values = np.stack([*data.values.values()], axis=1)
    settings = np.unique(values, axis=0, return_inverse=True)[1].ravel()
    digests = data.measured["digest"]
    count = len(set(zip(digests, settings, strict=True))) - len(set(digests))
    yield row("twins", count, "sounds", 0, note="equal to the bit to a sound of other factors")


CHECKS = (clip, sample_rate, peak, dc, energy_above_band, twins)
