"""Listening experiments: thresholds and pitches that are known, their scores, and what intervals hold."""

import json

import numpy as np
import pandas
import pytest
from analyse import discrimination, experiment, matching
from analyse.curve_likeness import likeness, moved_to, scores
from asked import LOWEST_HARMONIC, SHIFTED, STEPS, entry_of
from conftest import rendered
from shared.experiments import conditions
from shared.scores import COLUMNS, interval

# --- thresholds -------------------------------------------------------------------------------------


def noisy(known, conditions=40, seed=0, plain=6, moved=3, D=1):
    """An ear with noise whose threshold is known: points, condition, moves."""
    rng = np.random.default_rng(seed)
    own = [0.0] * plain + [
        move for step in STEPS for move in [step, 100 * (100 / (100 + step) - 1), step][:moved]
    ]
    moves = np.tile(own, conditions)
    condition = np.repeat(np.arange(conditions), len(own))
    points = rng.standard_normal((len(moves), D))
    points[:, 0] += 100 * np.log1p(moves / 100) / known
    return points, condition, moves


@pytest.mark.parametrize("known", [0.5, 2])
def test_a_known_threshold_comes_back_and_its_interval_holds_it(known):
    found = discrimination.thresholds(*noisy(known), 200, 0)
    assert np.median(found.value) == pytest.approx(known, rel=0.3)
    low, high = interval(found.replicates.T)
    assert np.mean((low <= known) & (known <= high)) >= 0.85
    assert np.std(np.log(found.value)) < 0.8


def test_noise_reaches_no_threshold():
    points, condition, moves = noisy(1, D=4)
    found = discrimination.thresholds(points[:, 1:], condition, moves, 100, 0)
    assert found.state.count("not reached") >= 36
    assert (found.value[np.array(found.state) == "not reached"] == STEPS[-1]).all()


def test_ties_are_guesses():
    assert (discrimination.answers(np.zeros((3, 2)), np.zeros((4, 2))) == 1 / 3).all()


# --- pitch ------------------------------------------------------------------------------------------


def tones(octave=False, seed=0):
    """Ordinary sounds of two groups and odd ones that lie 3 % above, or at the octave of, their f0."""
    rng = np.random.default_rng(seed)
    f0, condition, group, heard = [], [], [], []
    for g, nominal in enumerate((100, 300)):
        ordinary = nominal * np.exp(np.linspace(-0.1, 0.9 if octave else 0.1, 40))
        odd = np.full(4, nominal)
        f0 += [*ordinary, *odd]
        heard += [*ordinary, *(odd * (2 if octave else 1.03))]
        condition += [-1] * 40 + [g] * 4
        group += [g] * 44
    table = {"condition": np.array(condition), "group": np.array(group), "f0": np.array(f0)}
    points = np.column_stack([np.log(heard), np.cos(np.log(heard))]) @ rng.standard_normal((2, 12))
    return points, table, np.array([100.0, 300.0])


def test_what_an_odd_sound_is_heard_as_comes_back():
    points, table, nominal = tones()
    told = matching.matches(points, table, nominal, False, 20, 0)
    np.testing.assert_allclose(told.value, 3, atol=0.2)
    assert min(told.held_out.values()) > 0.99
    assert told.replicates.shape == (2, 20)


def test_an_octave_is_told_from_f0():
    points, table, nominal = tones(octave=True)
    assert matching.matches(points, table, nominal, True, 20, 0).value.tolist() == [100, 100]
    points, table, nominal = tones()
    assert matching.matches(points, table, nominal, True, 20, 0).value.tolist() == [-100, -100]


def test_where_ordinary_sounds_are_not_read_there_is_no_answer():
    points, table, nominal = tones()
    deaf = table["group"] == 1
    points[deaf] = np.random.default_rng(0).standard_normal((deaf.sum(), 12))
    told = matching.matches(points, table, nominal, False, 20, 0)
    assert told.held_out[1] < 0.5
    assert told.value[0] == pytest.approx(3, abs=0.2)
    assert np.isnan(told.value[1])
    assert np.isnan(told.replicates[1]).all()


def test_the_held_out_score_of_noise_is_not_flattered_by_the_choice_of_a_reader():
    rng = np.random.default_rng(0)
    scores = [
        matching.held_out_r2(rng.standard_normal((32, 20)), rng.standard_normal(32), np.arange(32) % 6)
        for _ in range(10)
    ]
    assert np.mean(scores) < 0


# --- curves -----------------------------------------------------------------------------------------


def test_scores_by_hand():
    np.testing.assert_allclose(scores(np.array([1.0, 2, 3]), np.array([2.0, 4, 6])), [1, np.sqrt(14 / 3)])
    assert np.isnan(scores(1e-7 * np.arange(3.0), np.arange(3.0))[0])  # rounding is no curve
    few = np.array([1.0, 1, 1, 1, 1, 2, 3])
    for model, exists in ((few, False), (np.append(few, 4), True)):
        value, *_ = likeness(model, np.tile(model[:, None], 10), np.arange(float(len(model))), 5, 0)
        assert np.isfinite(value).tolist() == [exists, True]


def test_intervals_hold_the_truth():
    """Conditions are drawn of a kind whose correlation is known, and answers have noise of their own."""
    known, C, R, noise = 0.7, 24, 300, 0.3
    held = np.zeros(2)
    for seed in range(150):
        rng = np.random.default_rng(seed)
        listeners, other = rng.standard_normal((2, C))
        model = known * listeners + np.sqrt(1 - known**2) * other
        heard = model + noise * rng.standard_normal(C)
        _, drawn, chance = likeness(
            heard, heard[:, None] + noise * rng.standard_normal((C, R)), listeners, 20, 0
        )
        low, high = interval(drawn)
        truth = known / np.sqrt(1 + noise**2), np.sqrt(2 - 2 * known + noise**2)
        held += (low <= truth) & (truth <= high)
        assert abs(chance[0]) < 0.25
        assert drawn[:, 1].min() > 0
    assert (held / 150 >= 0.88).all()


def test_few_answers_are_no_curve():
    model = np.array([1.0, 2, np.nan, np.nan, np.nan])
    value, drawn, _ = likeness(model, np.tile(model[:, None], 10), np.arange(5.0), 5, 0)
    assert np.isnan(value).all()
    assert np.isnan(drawn).all()


def test_replicates_have_the_score_as_their_mean():
    drawn = moved_to(np.array([0.8, 2.0]), np.array([[0.5, 1.0], [0.7, 4.0], [0.6, 2.0]]))
    assert np.tanh(np.arctanh(drawn[:, 0]).mean()) == pytest.approx(0.8)
    assert np.exp(np.log(drawn[:, 1]).mean()) == pytest.approx(2)


def run(folder, asked, points, table):
    """Scores and curve of an embedding in an experiment, as the script writes them."""
    pandas.DataFrame(table).to_csv(folder / "parameters.csv", index_label="sound")
    np.save(folder / "m.npy", points)
    words = ["--parameters", folder / "parameters.csv", "--embeddings", folder / "m.npy", "--model", "m"]
    words += ["--experiment", json.dumps(asked), "--bootstrap", 50, "--shuffles", 20]
    words += ["--scores", folder / "m.scores.csv", "--curve", folder / "m.csv"]
    experiment.main(list(map(str, words)))
    scores = pandas.read_csv(folder / "m.scores.csv", keep_default_na=False)
    assert scores.columns.tolist() == COLUMNS
    return scores.set_index("metric"), pandas.read_csv(folder / "m.csv", keep_default_na=False)


def test_an_ear_with_listeners_thresholds_is_like_them(tmp_path):
    asked = LOWEST_HARMONIC | {"only": {"phase": ["random"]}}
    table, _ = rendered(entry_of(asked, duration=0.1))
    answer, rng = np.array([condition.answer for condition in conditions(asked)]), np.random.default_rng(0)
    points = np.log1p(table["step"] / 100) / np.log1p(answer / 100)[table["experiment_condition"]]
    scores, curve = run(tmp_path, asked, points[:, None] + rng.standard_normal((len(points), 1)), table)
    assert float(scores.value["correlation"]) > 0.85
    assert (
        float(scores.low["correlation"])
        < float(scores.value["correlation"])
        < float(scores.high["correlation"])
    )
    assert float(scores.value["rms_threshold"]) < 0.5
    assert "times listeners' (geometric mean)" in scores.note["correlation"]
    assert (scores.n.astype(int) == 12).all()
    assert curve.listeners.astype(float).tolist() == pytest.approx(answer.tolist(), rel=1e-4)
    blind, _ = run(tmp_path, asked, np.zeros((len(points), 2)), table)
    assert (blind.note == "the embedding does not vary").all()


def test_an_ear_that_hears_the_shift_of_components_follows_it(tmp_path):
    """It hears the mean of the frequency of the components over their number: f0 with the shift / 5 on it."""
    table, _ = rendered(entry_of(SHIFTED, duration=0.1))
    heard = np.log(table["f0"] * (1 + table["shift"] / 500))
    scores, curve = run(tmp_path, SHIFTED, np.column_stack([heard, heard**2]), table)
    np.testing.assert_allclose(curve.value.astype(float), [0, 1.6, 3.2, 4.8], atol=0.1)
    assert float(scores.value["correlation"]) > 0.9
    assert float(scores.value["held_out_r2"]) > 0.99
    poor, curve = run(tmp_path, SHIFTED, np.random.default_rng(0).standard_normal((len(heard), 8)), table)
    assert poor.state["correlation"] == "undefined"
    assert "no answer in 1 of 1 groups" in poor.note["correlation"]
    assert (curve.value == "").all()
