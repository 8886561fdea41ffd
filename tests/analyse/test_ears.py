"""Ears whose answers in listening experiments are known: spectrum, excitation pattern, autocorrelation."""

import numpy as np
import pytest
from analyse import discrimination, matching
from asked import LISTENERS, LOWEST_HARMONIC, STEPS, entry_of
from conftest import rendered
from shared.experiments import conditions
from shared.scales import erb_rate, from_erb_rate

RATE, T = 16000, 8000
FREQUENCIES = np.fft.rfftfreq(T, 1 / RATE)
CENTRES = from_erb_rate(np.arange(erb_rate(100), erb_rate(6000), 0.5))
SHARPNESS = 4 * CENTRES / (24.7 + 0.108 * CENTRES)  # of rounded exponential filters, one ERB wide
AWAY = SHARPNESS[:, None] * np.abs(FREQUENCIES / CENTRES[:, None] - 1)
FILTERS = (1 + AWAY) * np.exp(-AWAY)  # of power


def spectrum(sound):
    """A pure Fourier transform."""
    return np.abs(np.fft.rfft(sound * np.hanning(T)))


def excitation(sound):
    """An excitation pattern: the power in ERB-wide filters, compressed."""
    return (FILTERS @ spectrum(sound) ** 2) ** 0.3


def autocorrelation(sound):
    """The sum over filters of the autocorrelation of their half-wave rectified, low-passed outputs."""
    filtered = np.maximum(np.fft.irfft(np.sqrt(FILTERS[::2]) * np.fft.rfft(sound), T), 0)
    locked = np.fft.rfft(filtered, 2 * T) / (1 + (np.fft.rfftfreq(2 * T, 1 / RATE) / 1500) ** 4)
    lags = np.fft.irfft(np.abs(locked) ** 2)[:, : round(0.03 * RATE)]
    return (np.sign(lags) * np.abs(lags) ** 0.5).sum(axis=0)


@pytest.fixture(scope="module", params=["sine", "random"])
def complexes(request):
    """Three draws of four complexes whose lowest harmonic is about the 31st, 16th, 8th and 5th."""
    phase = {"sine": 0, "random": 1}[request.param]
    asked = LOWEST_HARMONIC | {"parameters": LOWEST_HARMONIC["parameters"] | {"phase": phase}}
    assert [round(condition.along) for condition in conditions(asked)] == [31, 16, 8, 5]
    return request.param, [rendered(entry_of(asked, seed=seed)) for seed in range(3)]


def thresholds_of(ear, table, sounds, repeats=50):
    points = np.array([ear(sound) for sound in sounds.astype(float)])
    condition, moves = table["experiment_condition"], table["step"]
    return discrimination.thresholds(points - points.mean(axis=0), condition, moves, repeats, 0)


def mean_thresholds(ear, complexes):
    """Geometric mean of the thresholds over the draws, float (4,), percent."""
    return np.exp(np.mean([np.log(thresholds_of(ear, *drawn).value) for drawn in complexes[1]], axis=0))


def test_an_excitation_pattern_breaks_where_harmonics_are_no_longer_resolved(complexes):
    *_, partly, resolved = mean_thresholds(excitation, complexes)
    assert resolved < 1
    assert resolved < partly
    assert mean_thresholds(excitation, complexes)[:2].tolist() == [STEPS[-1]] * 2
    assert {thresholds_of(excitation, *drawn).state[0] for drawn in complexes[1]} == {"not reached"}


def test_an_autocorrelation_breaks_at_higher_harmonics_and_by_their_phase(complexes):
    """The timing of envelopes tells unresolved harmonics, as long as their phases do not blur it."""
    phase, _ = complexes
    highest, high, low, lowest = mean_thresholds(autocorrelation, complexes)
    assert max(high, low, lowest) < 3
    assert highest < 0.2 if phase == "sine" else highest > 2 * max(high, low)


def test_a_fourier_transform_has_no_break(complexes):
    assert (mean_thresholds(spectrum, complexes) <= 2 * STEPS[0]).all()


ALTERNATING = {
    "listeners": str(LISTENERS / "shackleton_carlyon1994.csv"),
    "source": "Shackleton & Carlyon 1994",
    "answer": "octave_up_minus_f0_percent",
    "along": "f0_hz",
    "only": {"filter_low_hz": [125, 1375], "f0_hz": [62.5, 88.4, 176.8, 250]},
    "parameters": {
        "f0": "f0_hz",
        "phase": 2,
        "centre": {"filter_low_hz": {"125": 375, "1375": 1625}},
        "width": 500,
        "level": -50,
        "noise": -67,
    },
    "pitch": {
        **{"of": "f0", "alike": ["filter_low_hz"], "ordinary": 72, "within": [1.1, 2.1], "as": {"phase": 0}},
        **{"odd": 2, "octave": True},
    },
}


def test_alternating_phase_is_an_octave_where_timing_is_heard_and_harmonics_are_not_resolved():
    """Listeners and the autocorrelation: unresolved, the octave; resolved, f0. A pattern knows no phase."""
    table, sounds = rendered(entry_of(ALTERNATING, options={"order": 8}))
    asked = conditions(ALTERNATING)
    columns = {name: table[f"experiment_{name}"] for name in ("condition", "group")} | {"f0": table["f0"]}
    nominal = np.array([condition.parameters["f0"] for condition in asked])
    told = {}
    for ear in (excitation, autocorrelation):
        points = np.array([ear(sound) for sound in sounds.astype(float)])
        found = matching.matches(points - points.mean(axis=0), columns, nominal, True, 5, 0)
        assert min(found.held_out.values()) > matching.GOOD
        told[ear] = found.value
    assert (np.sign(told[autocorrelation]) == np.sign([condition.answer for condition in asked])).all()
    assert (told[excitation] == -100).all()
