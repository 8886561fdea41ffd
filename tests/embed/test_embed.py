"""The HEAR runner: what the audit measures is true, and every breach is one sentence."""

import hashlib
import json

import numpy as np
import pytest
import soundfile
from embed import batches
from embedding import N, T


def test_embeds_every_sound_in_order(run, sounds):
    embeddings, facts = run("--batch-size", "7")
    audio, _ = soundfile.read(sounds, dtype="float32")
    import faulty

    expected = faulty.get_scene_embeddings(audio.reshape(N, T), faulty.load_model())
    assert embeddings.dtype == np.float32
    np.testing.assert_allclose(embeddings, expected, rtol=1e-6)
    assert (facts["N"], facts["D"], facts["framework"]) == (N, 8, "numpy")
    assert facts["audit"]["repeat_difference"] == 0
    assert not facts["audit"]["batch_dependent"]
    assert facts["audit"]["view_share"] == 1


def test_a_model_that_hears_the_first_half_says_so(run):
    _, facts = run(fault="first half")
    assert (facts["audit"]["view_start"], facts["audit"]["view_end"]) == (0, 0.5)


def test_batch_dependence_is_marked_and_the_data_set_goes_in_one_call(run):
    embeddings, facts = run("--batch-size", "5", fault="batch")
    assert facts["audit"]["batch_dependent"]
    assert not facts["audit"]["layers_mixed"]  # it has none
    assert facts["batch_size"] == N
    np.testing.assert_allclose(embeddings.mean(axis=0), 0, atol=1e-5)


def test_a_batch_dependent_model_may_go_one_by_one(run):
    """Then a sound's embedding is its own, whatever else is in the data set."""
    embeddings, facts = run("--batch-size", "1", fault="batch")
    assert facts["audit"]["batch_dependent"]
    assert facts["batch_size"] == 1
    np.testing.assert_allclose(embeddings, 0, atol=1e-5)


def test_batch_dependence_of_soft_sounds_is_found(run):
    """A floor relative to the loudest of the batch does nothing to sounds of like level."""
    _, facts = run(fault="floor")
    assert facts["audit"]["batch_dependent"]


def test_a_batch_dependent_model_is_never_split(run):
    with pytest.raises(SystemExit, match="must go in one call, but the device's memory is too small"):
        run(fault="batch, small memory")


@pytest.mark.parametrize(
    ("clip_seconds", "sound_mb", "free_mb", "size"),
    [
        (1.0, 1, 1e5, 64),  # 64 s of audio
        (1.5, 1, 1e5, 32),
        (0.064, 1, 1e5, 64),
        (100, 1, 1e5, 1),
        (1.0, 100, 1000, 8),  # ten fit
        (1.0, 100, -1000, 1),
        (1.0, 0, 1000, 64),
    ],
)
def test_a_batch_is_a_power_of_two_that_fits(clip_seconds, sound_mb, free_mb, size):
    assert batches.chosen_batch_size(clip_seconds, sound_mb, free_mb) == size


def test_without_memory_sounds_go_one_by_one(run):
    """A process of Python alone takes more than 1 MB."""
    embeddings, facts = run("--memory-mb", "1")
    assert facts["batch_size"] == 1
    together, facts = run("--memory-mb", "100000")
    assert facts["batch_size"] == 64
    np.testing.assert_array_equal(embeddings, together)


def test_shares_of_time_are_shares(run):
    _, facts = run()
    assert 0 <= facts["loading_share"] <= 1
    assert 0 <= facts["reading_share"] <= 1


def test_weights_are_named_by_digest(run, tmp_path):
    folder = tmp_path / "saved_model"
    folder.mkdir()
    (folder / "a").write_bytes(b"ab")
    (folder / "b").write_bytes(b"c")
    _, facts = run("--weights", json.dumps([{"path": str(folder)}]))
    assert facts["weights_sha256"] == {str(folder): hashlib.sha256(b"abc").hexdigest()}


def test_batch_is_halved_when_memory_runs_out(run, capsys):
    embeddings, facts = run("--batch-size", "16", fault="small memory")
    assert facts["batch_size"] == 4
    np.testing.assert_array_equal(embeddings, run()[0])


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        ("no size", "no attribute scene_embedding_size"),
        ("shape", r"returned shape \(6, 7\), expected \(6, 8\)"),
        ("double", "returned dtype float64, expected float32"),
        ("list", "returned list, not a numpy.ndarray"),
        ("nan", "not finite"),
        ("nan later", "not finite"),
        ("random", "another answer the second time"),
    ],
)
def test_breach_is_one_sentence_and_no_file(run, tmp_path, fault, sentence):
    words = ["--batch-size", "1"] if fault == "nan later" else []
    with pytest.raises(SystemExit, match=f"^error: mine: .*{sentence}"):
        run(*words, fault=fault)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["audio.wav", "parameters.csv"]


def test_wrong_sample_rate(run):
    with pytest.raises(SystemExit, match="the entry states sample_rate 44100, the model says 16000"):
        run(sample_rate=44100)


def test_wrong_embedding_size(run):
    with pytest.raises(SystemExit, match="the entry states embedding_size 9, the model says 8"):
        run("--embedding-size", "9")


def test_missing_module_and_missing_function(run):
    with pytest.raises(SystemExit, match="cannot import module 'no_such_model'"):
        run(module="no_such_model")
    with pytest.raises(SystemExit, match=r"module 'json' has no function load_model\(\)"):
        run(module="json")


def test_an_option_that_load_model_does_not_take_is_one_sentence(run):
    told = (
        "load_model of 'faulty' got an unexpected keyword argument 'siez'; the entry's options are siez, and "
    )
    with pytest.raises(SystemExit, match=f"^error: mine: {told}it takes fault, size, sample_rate$"):
        run(siez=3)


@pytest.mark.parametrize("words", [("--initialization", "random"), ("--precision", "bf16")])
def test_random_initialisation_and_bf16_need_pytorch(run, words):
    with pytest.raises(SystemExit, match=f"{words[1]} needs a PyTorch model; this one is of numpy"):
        run(*words)


def test_earlier_results_survive_a_failure(run, tmp_path):
    before, _ = run()
    with pytest.raises(SystemExit):
        run(fault="nan")
    np.testing.assert_array_equal(np.load(tmp_path / "model.npy"), before)
