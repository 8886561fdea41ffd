"""Views: the factors of a parent, sound by sound, under other nuisances."""

import numpy as np
import pytest
from conftest import definition, rendered
from synthesize import designs

NUISANCES = {
    "phases": {"integers": 1000},
    "noise": {"low": 20, "high": 20},
    "gain": {"low": -3, "high": 3},
}


def both(parent, **views):
    """The tables and the sounds of a parent and of its views: ((table, sounds), (table, sounds))."""
    entry = parent | {"views": {"of": "tones"} | views, "seed": 1, "parent_seed": parent["seed"]}
    return rendered(parent), rendered(entry)


def parent_of_design(design):
    factors = {"f1": {"start": 200, "stop": 400, "step": 50}, "odd_even": {"choice": [-10, 0, 10]}}
    more = {"factors": factors} if design == "grid" else {}
    return definition("additive", N=4, nuisances=NUISANCES) | more | {"design": design, "seed": 0}


@pytest.mark.parametrize("design", ["sobol", "latin_hypercube", "random", "grid"])
def test_sound_by_sound_the_factors_are_those_of_the_parent_and_no_nuisance_is(design):
    (table, sounds), (other, others) = both(parent_of_design(design))
    for name in parent_of_design(design)["factors"]:
        np.testing.assert_array_equal(table[name], other[name])
    for name in ("nuisance_phases", "nuisance_gain"):
        assert (table[name] != other[name]).all()
    assert (np.abs(sounds - others).max(axis=1) > 0.01).all()


def test_nuisances_that_are_not_redrawn_stay():
    """Also what is random in them: with gain alone redrawn, a sound is its parent, louder or softer."""
    (table, sounds), (other, others) = both(parent_of_design("sobol"), redraw=["gain"])
    np.testing.assert_array_equal(table["nuisance_phases"], other["nuisance_phases"])
    gain = 10 ** ((other["nuisance_gain"] - table["nuisance_gain"]) / 20)
    assert (np.abs(gain - 1) > 0.001).all()
    np.testing.assert_allclose(others, sounds * gain[:, None], rtol=1e-4, atol=1e-7)


def test_noise_that_is_redrawn_is_another_noise():
    """Of the same level: 20 dB below the sound, so that two noises differ by sqrt(2) of it."""
    (_, sounds), (_, others) = both(parent_of_design("sobol"), redraw=["noise"])
    ratio = np.sqrt(np.mean((sounds - others) ** 2, axis=1) / np.mean(sounds**2, axis=1))
    np.testing.assert_allclose(ratio, 0.1 * np.sqrt(2 / 1.01), rtol=0.1)


def test_the_columns_stand_in_the_same_order():
    (table, _), (other, _) = both(parent_of_design("sobol"), redraw=["gain"])
    assert [*table] == [*other]
    assert [name for name in table if name.startswith("nuisance_")] == [f"nuisance_{n}" for n in NUISANCES]


def test_a_nuisance_that_all_share_is_drawn_as_before():
    entry = parent_of_design("sobol")
    drawn = designs.draw_nuisances(NUISANCES, 0, 4)
    for name, values in drawn.items():
        np.testing.assert_array_equal(designs.draw(entry)[name], values)
