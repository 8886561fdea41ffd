"""Scales and designs: even on the perceptual scale, balanced, ladders of the stated steps."""

import math

import numpy as np
import pytest
from conftest import definition, rendered
from scipy.stats import spearmanr
from shared.names import SCALES
from shared.scales import erb_rate, from_erb_rate, from_jnd, in_jnd, off_scale, on_scale, span
from synthesize import designs

FACTORS = {
    "f": {"scale": "erb", "low": 100, "high": 3200, "jnd": {"percent": 1, "source": ""}},
    "c": {"scale": "log", "low": 500, "high": 4000, "jnd": {"percent": 5, "source": ""}},
    "d": {"scale": "linear", "low": -10, "high": 30, "jnd": {"step": 3, "source": ""}},
}


@pytest.mark.parametrize(("frequency", "bandwidth"), [(100, 35.5), (1000, 132.6), (8000, 888.3)])
def test_one_step_of_the_erb_rate_is_one_auditory_filter(frequency, bandwidth):
    """The equivalent rectangular bandwidths of Glasberg & Moore (1990): 24.7 (1 + 4.37 f / 1000) Hz."""
    rate = erb_rate(frequency)
    assert from_erb_rate(rate + 0.5) - from_erb_rate(rate - 0.5) == pytest.approx(bandwidth, rel=0.01)


@pytest.mark.parametrize("scale", SCALES)
def test_scales_invert(scale):
    values = np.array([0.5, 100, 8000])
    np.testing.assert_allclose(off_scale(on_scale(values, scale), scale), values)


def test_an_octave_is_seventy_jnd_of_one_percent():
    assert span(200, 400, {"percent": 1}) == pytest.approx(69.66, abs=0.01)
    assert span(0, 40, {"step": 3}) == pytest.approx(13.33, abs=0.01)
    assert from_jnd(in_jnd(300, {"percent": 1}) + 1, {"percent": 1}) == pytest.approx(303)


@pytest.mark.parametrize("design", ["random", "sobol", "latin_hypercube"])
def test_designs_are_uniform_on_the_scale_and_repeat(design):
    table = designs.sampled(FACTORS, design, 0, 4096)
    for name, factor in FACTORS.items():
        low, high = on_scale([factor["low"], factor["high"]], factor["scale"])
        place = (on_scale(table[name], factor["scale"]) - low) / (high - low)
        counts = np.histogram(place, bins=8, range=(0, 1))[0]
        assert counts.sum() == 4096
        assert np.abs(counts / 512 - 1).max() < (0.15 if design == "random" else 0.01)
    again = designs.sampled(FACTORS, design, 0, 4096)
    np.testing.assert_array_equal(table["f"], again["f"])
    assert not np.array_equal(table["f"], designs.sampled(FACTORS, design, 1, 4096)["f"])


def test_two_dozen_factors_cost_no_more_sounds():
    factors = {f"x{i}": {"scale": "linear", "low": 0, "high": 1} for i in range(24)}
    table = designs.sampled(factors, "sobol", 0, 1024)
    cube = np.stack(list(table.values()), axis=1)
    correlation = spearmanr(cube).statistic - np.eye(24)
    assert cube.shape == (1024, 24)
    assert np.abs(correlation).max() < 0.12


def test_nuisances_do_not_move_each_other():
    gain = {"gain": {"low": -3, "high": 3}}
    both = designs.draw_nuisances({"seed": {"integers": 5}, **gain}, 0, 200)
    np.testing.assert_array_equal(
        both["nuisance_gain"], designs.draw_nuisances(gain, 0, 200)["nuisance_gain"]
    )
    assert set(both["nuisance_seed"]) == {0, 1, 2, 3, 4}


def test_a_ladder_moves_one_factor_at_a_time_by_the_stated_jnd():
    steps = [0.25, 0.5, 1, 4, 16, 64]
    base = {name: values[:32] for name, values in designs.sampled(FACTORS, "sobol", 0, 32).items()}
    table = designs.ladder(FACTORS, base, steps)
    assert sorted(set(table["ladder_point"])) == list(range(32))
    for point in range(32):
        rows = table["ladder_point"] == point
        still = rows & (table["ladder_factor"] == "")
        assert still.sum() == 2
        for name, factor in FACTORS.items():
            places = in_jnd(table[name], factor["jnd"])
            here = places[still][0]
            moved = rows & (table["ladder_factor"] == name)
            made = table["ladder_step"][moved]
            np.testing.assert_allclose(places[moved] - here, made, atol=1e-9)
            np.testing.assert_allclose(places[rows & ~moved], here, atol=1e-9)
            assert {0.5, -0.5} <= set(made)
            assert len(set(np.round(made, 6))) == len(made)
            whole = span(factor["low"], factor["high"], factor["jnd"])
            assert np.abs(made).min() == pytest.approx(0.25)
            assert whole / 2 <= np.abs(made).max() <= whole
            if point % 8 == 0:  # a corner
                assert np.abs(made).max() == pytest.approx(whole - 0.5)
            assert (table[name] >= factor["low"] - 1e-9).all()
            assert (table[name] <= factor["high"] + 1e-9).all()
    quarter = np.sign(table["ladder_step"][np.abs(table["ladder_step"]) == 0.25])
    assert abs(quarter.mean()) < 0.2


def test_a_step_of_a_ladder_is_as_many_jnd_where_they_are_small_and_where_they_are_large():
    """A JND of 10 % at 100 Hz and of 1 % at 1,000 Hz, and of 0.1 dB at 0 dB and of 1 dB at 30."""
    factors = {
        "f": {"low": 100, "high": 1000, "jnd": {"percent": [[100, 10], [1000, 1]], "source": ""}},
        "d": {"low": 0, "high": 30, "jnd": {"step": [[0, 0.1], [30, 1]], "source": ""}},
    }
    base = {"f": np.array([300.0, 100, 1000]), "d": np.array([15.0, 0, 30])}  # the first is made a corner
    table = designs.ladder(factors, base, [0.25, 1])
    for point, f_size, d_size in ((1, math.log(1.1), 0.1), (2, math.log(1.01), 1)):
        here = {name: table[name][table["ladder_point"] == point] for name in table}
        for name, size in (("f", f_size), ("d", d_size)):
            places = np.log(here["f"]) if name == "f" else here["d"]
            moved = (here["ladder_factor"] == name) & (np.abs(here["ladder_step"]) <= 1)
            steps = here["ladder_step"][moved]
            assert {0.25, 0.5, 1} == set(np.abs(steps))
            np.testing.assert_allclose((places[moved] - places[0]) / steps, size, rtol=0.06)
    whole = np.abs(table["ladder_step"][table["ladder_factor"] == "f"]).max()
    large, small = math.log(1.1), math.log(1.01)
    count = math.log(1000 / 100) * math.log(large / small) / (large - small)
    assert whole == pytest.approx(count - designs.JACOBIAN)


def test_a_rendered_ladder_draws_nuisances_anew():
    parent = definition("additive", N=8)
    entry = parent | {"ladder": {"of": "tones", "points": 2, "steps": [0.5, 4]}, "seed": 5}
    entry |= {"parent_seed": 0, "parent_factors": parent["factors"]}
    table, sounds = rendered(entry)
    places = designs.draw(parent)
    twice = table["ladder_factor"] == ""
    np.testing.assert_allclose(table["f1"][twice][2:], np.repeat(places["f1"][1:2], 2), rtol=1e-9)
    assert len(np.unique(table["nuisance_phases"])) == len(sounds)
    assert np.abs(sounds[0] - sounds[1]).max() > 0.01
    with pytest.raises(ValueError, match="asks for 9 points of 8 sounds"):
        designs.draw(entry | {"ladder": {"of": "tones", "points": 9, "steps": [1]}})


def test_a_ladder_of_measured_factors_states_the_steps_as_measured():
    factors = {"d": {"low": 0, "high": 30, "jnd": {"step": 3, "source": ""}}}
    table = designs.ladder(factors, {"d": np.array([4.0, 12])}, [1, 2])
    table["d"] = table["d"] * 1.1
    np.testing.assert_allclose(designs.realised_steps(factors, table), 1.1 * table["ladder_step"], atol=1e-9)


def test_a_table_is_a_design(tmp_path):
    (tmp_path / "t.csv").write_text("file;pitch;dynamics\na.wav;60,5;pp\nb.wav;62;ff\n")
    factors = {"pitch": {"scale": "linear"}, "dynamics": {"scale": "linear", "levels": ["pp", "mf", "ff"]}}
    entry = {"synthesizer": "recordings", "design": "table", "table": str(tmp_path / "t.csv")}
    table = designs.draw(entry | {"factors": factors, "seed": 0})
    assert {name: values.tolist() for name, values in table.items()} == {
        "pitch": [60.5, 62],
        "dynamics": [0, 2],
        "file": ["a.wav", "b.wav"],
    }
