"""Every measure gives what it must on embeddings whose right answer is known."""

import known
import numpy as np
import pytest


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    return known.answers(tmp_path_factory.mktemp("known"))


@pytest.mark.parametrize(("score", "embedding"), known.EXPECTED, ids=lambda word: word.replace(" ", "_"))
def test_known_answer(found, score, embedding):
    expected = known.EXPECTED[score, embedding]
    value, note = found.get((score, embedding), (np.nan, "no such row"))
    if expected is None:
        assert np.isnan(value)
        assert note
    else:
        assert expected[0] - 1e-6 <= value <= expected[1] + 1e-6


def test_turning_an_embedding_changes_no_measure_of_its_shape(found):
    compared = 0
    for (score, embedding), (value, _) in found.items():
        if embedding == "identity" and score.startswith(known.SAME_WHEN_TURNED):
            np.testing.assert_allclose(found[score, "rotated"][0], value, rtol=1e-4, atol=1e-4, err_msg=score)
            compared += 1
    assert compared > 20


def test_noise_wins_nothing_that_is_better_high(found):
    linear, along = (
        ("hypothesis hypothesis", "subspaces probe_r2 a"),
        ("axes informativeness a", "axes mig a"),
    )
    for score in (*linear, *along, "axes sap a"):
        assert found[score, "noise"][0] < 0.05
        assert found[score, "identity"][0] > 0.95
