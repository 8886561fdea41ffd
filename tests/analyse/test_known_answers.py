"""Every measure gives what it must on embeddings whose right answer is known.

One test computes and checks all scores of one embedding, so that processes can share the embeddings.
"""

import functools
import tempfile
from pathlib import Path

import known
import numpy as np
import pytest

pytestmark = pytest.mark.long
EMBEDDINGS = list(dict.fromkeys(embedding for _, embedding in known.EXPECTED))


@functools.cache
def answers(embedding):
    with tempfile.TemporaryDirectory() as folder:
        return known.answers(embedding, Path(folder))


def fault(scores, score, expected):
    """What is wrong with a score in words, or None. scores: of known.answers()."""
    value, note = scores.get(score, (np.nan, "no such row"))
    if expected is None:
        return None if np.isnan(value) and note else f"{score}: {value} with the note {note!r}, not empty"
    least, most = expected
    return (
        None if least - 1e-6 <= value <= most + 1e-6 else f"{score}: {value}, not {least} to {most}; {note}"
    )


@pytest.mark.parametrize("embedding", EMBEDDINGS)
def test_known_answers(embedding):
    expected = {score: known.EXPECTED[score, name] for score, name in known.EXPECTED if name == embedding}
    scores = answers(embedding)
    faults = [words for score, value in expected.items() if (words := fault(scores, score, value))]
    assert not faults, "\n".join(faults)


def test_turning_an_embedding_changes_no_measure_of_its_shape():
    compared = 0
    turned = answers("rotated")
    for score, (value, _) in answers("identity").items():
        if score.startswith(known.SAME_WHEN_TURNED):
            np.testing.assert_allclose(turned[score][0], value, rtol=1e-4, atol=1e-4, err_msg=score)
            compared += 1
    assert compared > 20


def test_noise_wins_nothing_that_is_better_high():
    linear, along = (
        ("hypothesis hypothesis", "subspaces probe_r2 a"),
        ("axes informativeness a", "axes mig a"),
    )
    for score in (*linear, *along, "axes sap a"):
        assert answers("noise")[score][0] < 0.05
        assert answers("identity")[score][0] > 0.95
