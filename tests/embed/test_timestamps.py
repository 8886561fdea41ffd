"""Embeddings of moments: pooled over time, several ways from one pass, and every breach is one sentence."""

import numpy as np
import pytest
from embed import timestamps
from embedding import N, T
from shared import names


def test_poolings_have_names():
    assert set(timestamps.POOLINGS) == set(names.POOLINGS)


def test_several_poolings_come_from_one_pass(run, sounds, tmp_path):
    import faulty
    import soundfile

    own, facts = run("--pooling", "mean", "max", "mean_std", "--layers-folder", str(tmp_path / "rows"))
    audio = soundfile.read(sounds, dtype="float32")[0].reshape(N, T)
    frames, _ = faulty.get_timestamp_embeddings(audio, faulty.load_model())
    np.testing.assert_allclose(own, frames.mean(axis=1), rtol=1e-5)
    np.testing.assert_allclose(np.load(tmp_path / "rows" / "max.npy"), frames.max(axis=1), rtol=1e-6)
    both = np.load(tmp_path / "rows" / "mean_std.npy")
    np.testing.assert_allclose(both, np.hstack([frames.mean(axis=1), frames.std(axis=1)]), rtol=1e-4)
    assert (facts["pooling"], facts["D"]) == ("mean", 8)
    assert sorted(path.name for path in (tmp_path / "rows").glob("*.npy")) == ["max.npy", "mean_std.npy"]


@pytest.mark.parametrize(
    ("hop", "kept"),
    [
        (0, range(8)),
        (1, range(8)),  # below the model's own
        (1e-12, range(8)),
        (8, [0, 1, 3, 5, 7]),  # nearest to 0, 8, ... 32 of 2, 6, ... 30 ms; the first of two equally near
        (100, [0]),
    ],
)
def test_a_hop_keeps_the_moments_nearest_to_its_multiples(hop, kept):
    frames = np.arange(8.0)[None, :, None]
    times = 4 * np.arange(8.0)[None] + 2
    assert timestamps.at_hop(frames, times, hop)[0, :, 0].tolist() == list(kept)


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        ("frames alone", "ndarray, not a pair of embeddings and timestamps"),
        ("flat frames", r"embeddings of shape \(4, 8\), expected \(4, frames, 8\)"),
        ("wide frames", r"embeddings of shape \(4, 8, 7\), expected \(4, frames, 8\)"),
        ("double frames", "embeddings of dtype float64, expected float32"),
        ("nan", "embeddings that are not finite"),
        ("one time", r"timestamps of shape \(4, 1\), expected \(4, 8\)"),
        ("seconds", "timestamps from 0.002 to 0.03 for a clip of 32 ms; they must be in milliseconds"),
        ("counted in samples", "timestamps from 32 to 480 for a clip of 32 ms; they must be in milliseconds"),
        ("falling", "timestamps that do not rise from frame to frame"),
    ],
)
def test_a_breach_is_one_sentence(run, fault, sentence):
    with pytest.raises(SystemExit, match=f"^error: mine: get_timestamp_embeddings returned .*{sentence}"):
        run("--pooling", "mean", fault=fault)


def test_a_model_without_moments_is_one_sentence(run):
    with pytest.raises(
        SystemExit, match=r"needs the function get_timestamp_embeddings\(\).*leave the key out"
    ):
        run("--pooling", "mean", module="momentless")
