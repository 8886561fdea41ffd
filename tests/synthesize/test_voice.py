"""The synthesizers voice and voice_measured, with a stand-in for the network where that serves."""

import json
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest
from conftest import ROOT, built
from environments import environment
from planning.datasets import FOR_SOUNDS, made_in, workplace
from planning.environments import imported, scripts
from synthesizers import voice, voice_measured
from synthesizers.speech import fundamental

RATE = 16000
SYMBOLS = {symbol: i for i, symbol in enumerate(sorted(set("".join(voice.TEXTS))), 1)}
VOICES = {name: np.full(256, value, np.float32) for name, value in (("a", 0), ("b", 1), ("c", 3))}


class StandIn:
    """A network that hums: prosody is pitch, timbre the level of harmonic 2, a phoneme takes 0.05 s."""

    def get_inputs(self):
        return [SimpleNamespace(name=name) for name in ("tokens", "style", "speed")]

    def run(self, _, inputs):
        timbre, prosody = inputs["style"][0].reshape(2, 128).mean(axis=1)
        n = round(0.05 * voice.RATE * (inputs["tokens"].shape[1] - 2) / inputs["speed"][0])
        phase = 2 * np.pi * (100 + 100 * prosody) * np.arange(n) / voice.RATE
        return [np.pad(np.cos(phase) + timbre * np.cos(2 * phase), 2400)[None]]


@pytest.fixture
def options(monkeypatch):
    """Options of a data set whose network is the stand-in."""
    monkeypatch.setattr(voice, "speaker", lambda *_: voice.Speaker(StandIn(), SYMBOLS, VOICES))
    voice.speak.cache_clear()
    yield {"voices": ("a", "b")}
    voice.speak.cache_clear()


def settings(module=voice, **values):
    """Settings of some sounds: what is not stated stands at its default."""
    entries = {**module.FACTORS, **module.NUISANCES}
    columns = [
        np.atleast_1d(np.asarray(values.get(name, e["default"]), float)) for name, e in entries.items()
    ]
    return dict(zip(entries, np.broadcast_arrays(*columns), strict=True))


# --- around the network ---------------------------------------------------------------------------


def test_the_halves_of_a_style_are_two_knobs():
    for timbre, prosody in [(0, 0), (1, 0), (0.25, 1)]:
        style = voice.style_of(VOICES, ("a", "b"), timbre, prosody, 0, 7)[0]
        np.testing.assert_allclose(style, np.repeat([timbre, prosody], 128), atol=0.01)
    at_rest = voice.style_of(VOICES, ("b", "c"), 0, 0, 0, 7)
    third = voice.style_of(VOICES, ("b", "c"), 0, 0, 1, 7)
    np.testing.assert_allclose(third / at_rest, 1 - voice.THIRD, rtol=0.01)  # the only other voice is 0
    np.testing.assert_array_equal(voice.style_of(VOICES, ("b", "c"), 0, 0, 2, 7), at_rest)  # counted round


def test_rounding_nudges_a_style_by_a_thousandth():
    styles = [voice.style_of(VOICES, ("b", "c"), 0.5, 0.5, 0, seed)[0] for seed in (0, 1)]
    assert 5e-4 < np.linalg.norm(styles[1] - styles[0]) / np.linalg.norm(styles[0]) < 3e-3


def test_silence_fills_a_sound_and_no_phrase_is_cut(options):
    text = voice.TEXTS[0]
    seconds = 0.05 * len(text)
    (sound,) = voice.render(settings(prosody=0), RATE, 1.5, **options)
    loud = np.flatnonzero(np.abs(sound) > 0.01 * np.abs(sound).max())
    assert loud[0] < 100  # the network's own silence is gone
    assert (loud[-1] + 1) / RATE == pytest.approx(seconds, abs=0.01)
    assert len(sound) == 1.5 * RATE
    assert fundamental(sound, RATE) == pytest.approx(100, rel=0.01)
    longer = r"^voice: a phrase takes 0\.93 s but a sound lasts 0\.9 s; state a longer duration, "
    with pytest.raises(ValueError, match=longer):
        voice.render(settings(speed=[1, 0.7]), RATE, 0.9, **options)


def test_one_row_of_a_voices_styles_serves_all_texts(options, monkeypatch):
    """Phrases of any length get the same style."""
    styles = []
    run = StandIn.run
    monkeypatch.setattr(StandIn, "run", lambda *a: styles.append(a[2]["style"]) or run(*a))
    voice.render(settings(text=[0, 1, 4]), RATE, 1.5, **options)
    assert len(styles) == 3
    np.testing.assert_array_equal(styles, [styles[0]] * 3)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"voices": ["a", "bee"]}, "there is no voice bee; known: a, b, c"),
        ({"voices": ["a"]}, r"options\.voices must be two names, not \['a'\]"),
        ({"voices": "ab"}, r"options\.voices must be two names, not 'ab'"),
        ({"voices": 2}, "options.voices must be two names, not 2"),
        ({"package": 2}, "options.package must be the name of a package, not 2"),
        ({"texts": []}, r"options\.texts must be a list of phonemes, not \[\]"),
        ({"texts": ["we 9"]}, "the network has no phoneme 9 e, of the text we 9"),
        ({"texts": [""]}, "a text has 0 phonemes; 1 to 510 can be spoken"),
    ],
)
def test_faults_are_one_sentence(options, change, sentence):
    with pytest.raises(ValueError, match=f"^voice: {sentence}$"):
        voice.render(settings(), RATE, 1.5, **options | change)


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (lambda *_: [np.zeros((1, 99))], r"the network's answer to the text w.* is silent"),
        (lambda *_: 1 / 0, "the network does not take tokens, style and speed: division by zero"),
    ],
)
def test_a_network_that_does_not_speak_is_one_sentence(options, monkeypatch, answer, sentence):
    monkeypatch.setattr(StandIn, "run", answer)
    with pytest.raises(ValueError, match=f"^voice: {sentence}$"):
        voice.render(settings(), RATE, 1.5, **options)


def test_what_a_folder_must_hold_is_one_sentence(tmp_path):
    with pytest.raises(
        ValueError, match=r"voice: the package no_such is not installed in this environment; "
    ):
        voice.files_of("no_such", None)
    for name in ("a.onnx", "a.npz"):
        (tmp_path / name).touch()
    with pytest.raises(ValueError, match=r"and vocab\.json; it holds a\.npz, a\.onnx$"):
        voice.files_of("no_such", str(tmp_path))
    (tmp_path / "vocab.json").touch()
    parts, voices, symbols = voice.files_of("no_such", str(tmp_path))
    assert ([path.name for path in parts], voices.name, symbols.name) == (["a.onnx"], "a.npz", "vocab.json")


def test_measured_factors_are_what_is_heard_and_not_what_was_asked_for(options):
    asked = settings(voice_measured, f0=[110, 180, 250], centroid=[450, 450, 550], seconds=[1, 1.2, 0.8])
    sounds, heard = voice_measured.render(asked, RATE, 1.75, **options)
    assert list(heard) == ["f0", "centroid", "seconds"]
    knobs = voice_measured.knobs(*(asked[name] for name in voice_measured.FACTORS))
    np.testing.assert_allclose(heard["f0"], 100 + 100 * knobs["prosody"], rtol=0.02)  # as the stand-in hums
    np.testing.assert_allclose(heard["seconds"], 0.05 * len(voice.TEXTS[0]) / knobs["speed"], rtol=0.01)
    level = knobs["timbre"] ** 2  # power of harmonic 2 over that of harmonic 1
    np.testing.assert_allclose(heard["centroid"], heard["f0"] * (1 + 2 * level) / (1 + level), rtol=0.05)
    assert sounds.shape == (3, 28000)


def test_knobs_follow_requests_from_end_to_end():
    ends = {name: np.array([f["low"], f["high"]]) for name, f in voice_measured.FACTORS.items()}
    knobs = voice_measured.knobs(**ends)
    assert (np.diff(knobs["prosody"]) < 0).all()  # the first voice is the higher one
    assert all(0 <= place <= 1 for name in ("timbre", "prosody") for place in knobs[name])
    assert (np.diff(knobs["speed"]) < 0).all()


# --- the network itself ---------------------------------------------------------------------------

SPEAK = """
import json, sys
import numpy as np
from synthesizers import voice
given = json.loads(sys.argv[1])
sounds = [voice.render({k: np.array(v) for k, v in part.items()}, 16000, 1.75) for part in given]
np.savez(sys.argv[2], *sounds)
"""


@pytest.fixture(scope="module")
def spoken(tmp_path_factory):
    """Sounds of the real network, {name: float (n, T)}, and the home folder of the processes."""
    folder = tmp_path_factory.mktemp("spoken")
    (prefix,) = built("voice")
    home = folder / "home"
    home.mkdir()
    groups = {
        "timbre": settings(timbre=[0, 1]),
        "prosody": settings(prosody=[0, 1]),
        "speed": settings(speed=[0.8, 1.25]),
        "text": settings(text=[0, 3]),
    }

    def render(groups, name):
        given = json.dumps([{k: v.tolist() for k, v in part.items()} for part in groups.values()])
        command = [prefix / "bin" / "python", "-c", SPEAK, given, folder / name]
        environment = {"HOME": str(home), "OMP_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"}
        subprocess.run(command, check=True, cwd=ROOT / "workflow_scripts", env=environment)
        with np.load(folder / name) as file:
            return dict(zip(groups, file.values(), strict=True))

    sounds = render(groups, "first.npz")
    return sounds | {"again": render({"speed": settings(speed=[1.25])}, "second.npz")["speed"], "home": home}


def measured(sounds):
    return np.array(
        [[fundamental(s, RATE), voice_measured.centroid_of(s, RATE), seconds(s)] for s in sounds]
    ).T


def seconds(sound):
    """Time from the first to the last sample above 1 % of the peak."""
    loud = np.flatnonzero(np.abs(sound) > 0.01 * np.abs(sound).max())
    return (loud[-1] + 1 - loud[0]) / RATE


@pytest.mark.network
def test_timbre_moves_the_centroid_and_neither_pitch_nor_length(spoken):
    f0, centroid, length = measured(spoken["timbre"])
    assert centroid[1] < 0.75 * centroid[0]
    assert f0[1] == pytest.approx(f0[0], rel=0.08)
    assert length[1] == pytest.approx(length[0], rel=0.04)


@pytest.mark.network
def test_prosody_moves_pitch_by_more_than_an_octave(spoken):
    f0, _, _ = measured(spoken["prosody"])
    assert f0[0] > 2 * f0[1]


@pytest.mark.network
def test_speed_divides_the_length(spoken):
    _, _, length = measured(spoken["speed"])
    assert length[0] / length[1] == pytest.approx(1.25 / 0.8, rel=0.2)


@pytest.mark.network
def test_texts_are_other_sounds_of_the_same_voice(spoken):
    f0, _, _ = measured(spoken["text"])
    assert np.corrcoef(spoken["text"])[0, 1] < 0.5
    assert f0[1] == pytest.approx(f0[0], rel=0.2)


@pytest.mark.network
def test_speech_repeats_in_another_process_and_writes_nothing_at_home(spoken):
    np.testing.assert_array_equal(spoken["again"][0], spoken["speed"][1])
    assert list(spoken["home"].iterdir()) == []


# --- the plan -------------------------------------------------------------------------------------


def test_a_data_sets_environment_is_the_synthesizers_or_its_own():
    entry = {"synthesizer": "voice"}
    assert made_in(entry) == made_in({"synthesizer": "voice_measured"}) == "voice"
    assert made_in({"synthesizer": "drum"}) == "analysis"
    assert made_in(entry | {"env": "signal"}) == "signal"
    own = workplace(entry | {"requirements": ["other-voice==1"]})
    assert own["requirements"] == ["other-voice==1", *FOR_SOUNDS]
    assert made_in(entry | {"requirements": ["other-voice==1"]}).startswith("inline-")


def test_the_environment_has_what_makes_and_checks_sounds_in_the_versions_of_analysis():
    lists = [
        environment.parse((ROOT / "envs" / f"{name}.yaml").read_text()) for name in ("voice", "analysis")
    ]
    pins, of_analysis = ({*spec.requirements} for spec in lists)
    shared = {line.split("==")[0] for line in pins & of_analysis}
    assert {*FOR_SOUNDS, "numpy", "soundfile"} <= shared
    assert shared == {line.split("==")[0] for line in pins} & {line.split("==")[0] for line in of_analysis}


def test_what_sounds_need_is_all_that_making_and_checking_them_imports():
    paths = {*scripts("synthesize.synthesize", "synthesizers.voice"), *scripts("synthesize.check_sounds")}
    names = {name.split(".")[0] for path in paths for name in imported(path)}
    ours = {path.name for path in (ROOT / "workflow_scripts").iterdir()}
    # mosqito measures loudness, and a data set that asks for it gets it besides
    packages = names - sys.stdlib_module_names - ours - {"onnxruntime", "mosqito"}
    needed = {"numpy", "soundfile", *FOR_SOUNDS}
    assert packages == needed
