"""Whole runs on other sounds: speech, a neural voice, a trained decoder, drums, recordings, one's own."""

import numpy as np
import pandas
import pytest
import soundfile
import yaml
from conftest import FEW, jobs, snakemake
from runs import GOOD, checks, parameters, planned, readme_block, write_datasets

pytestmark = [pytest.mark.network, pytest.mark.environments("analysis"), pytest.mark.analyses(*FEW)]


def rated(clone):
    """What Ann and Bob said of 8 sounds, as `ratings` of a data set. They order the pairs alike."""
    pairs = [f"{i},{j},{abs(i - j)},{(i - j) ** 2}" for i in range(8) for j in range(i)]
    (clone / "heard.csv").write_text("\n".join(["first,second,ann,bob", *pairs]))
    return {"table": "heard.csv", "unit": "listener", "source": "simulated"}


def asked(clone):
    """A listening experiment of one's own: the threshold of tones of three frequencies."""
    (clone / "asked.csv").write_text("hertz;percent\n250;1\n500;0.5\n1000;0.4\n")
    experiment = {
        "listeners": "asked.csv",
        "source": "simulated",
        "answer": "percent",
        "along": "hertz",
        "parameters": {"f0": "hertz", "highest": 1, "level": -30, "noise": -60},
        "threshold": {"knob": "step", "steps": [0.5, 2, 8], "plain": 3, "moved": 1},
    }
    entry = {"synthesizer": "complex_tone", "sample_rate": 16000, "duration": 0.5, "normalize": "none"}
    return entry | {"experiment": experiment}


def assert_listeners(clone, page, executed):
    """Rated sounds went through agreement, the experiment through its own analysis, others neither.

    Summaries stand in tables and on the page. executed: rules of the run, with repetitions.
    """
    assert executed.count("agreement") == executed.count("experiment") == 3  # a model and two controls
    assert '<h3 id="listeners">' in page
    assert '<h3 id="experiments">' in page
    agreed, heard = (
        pandas.read_csv(clone / "results" / f"{name}.csv").set_index(["model", "metric"])
        for name in ("agreement", "experiments")
    )
    assert agreed.value["good", "ceiling_lower"].iloc[:2].tolist() == [1, 1]
    assert agreed.n["good", "spearman"].item() == 8
    assert heard.note["reference", "answered"].startswith("1 of 1 data sets")
    curve = pandas.read_csv(clone / "results" / "asked" / "experiment" / "reference.csv")
    assert curve.listeners.tolist() == [1, 0.5, 0.4]
    assert curve.state.tolist() == ["below"] * 3
    assert len(parameters(clone, "asked")) == 3 * (3 + 3)
    assert checks(clone, "asked").breach["level_range", ""] == ""
    assert (clone / "results" / "asked" / "figures" / "experiment.png").stat().st_size > 5000


@pytest.mark.environments("neural", "voice")
@pytest.mark.analyses(*FEW, "agreement", "experiment")
def test_speech_a_voice_a_trained_decoder_a_drum_and_recordings(clone):
    """Each with its real parts: espeak-ng, two environments of synthesizers' own, audio files."""
    (clone / "violin").mkdir()
    rows = ["file,pitch,dynamics"]
    for i, (pitch, word) in enumerate([(p, w) for p in (60, 63, 67, 70) for w in ("pp", "ff")]):
        rate = (16000, 44100)[i % 2]
        seconds = np.arange(round(0.7 * rate)) / rate
        tone = np.sin(2 * np.pi * 440 * 2 ** ((pitch - 69) / 12) * seconds) * np.exp(-3 * seconds)
        soundfile.write(clone / "violin" / f"{i}.wav", tone * {"pp": 0.05, "ff": 0.5}[word], rate)
        rows.append(f"{i}.wav,{pitch},{word}")
    (clone / "violin.csv").write_text("\n".join(rows) + "\n")
    recordings = yaml.safe_load(readme_block("### Your own recordings", "yaml"))["datasets"]["violin"]
    common = {"N": 8, "sample_rate": 16000, "duration": 0.5, "nuisances": {"gain": None}}
    words = write_datasets(
        clone,
        speech={"synthesizer": "speech", **common, "duration": 1.5, "nuisances": {"text": None}},
        way={
            "synthesizer": "voice",
            **common,
            "duration": 0.8,
            "options": {"texts": ["wˈA."]},
            "factors": {"timbre": None},
        },
        neural={"synthesizer": "neural", **common},
        neural_ladder={"ladder": {"of": "neural", "points": 1, "steps": [0.5, 4]}, "seed": 3},
        circle={
            "synthesizer": "drum",
            **common,
            "level": -40,
            "options": {"shape": "circle"},
            "factors": {"pitch": None, "decay": None, "damping": {"low": 0.1, "high": 0.2}},
        },
        violin=recordings,
        heard={"synthesizer": "drum", **common, "ratings": rated(clone)},
        asked=asked(clone),
    )
    done = snakemake(clone, *words)
    assert done.returncode == 0, done.stdout[-5000:]
    assert jobs(done.stdout).count("train") == 1
    spoken = parameters(clone, "speech")
    np.testing.assert_allclose(spoken.f0, spoken.requested_f0, rtol=0.01)
    assert (spoken.f0 != spoken.requested_f0).any()
    assert parameters(clone, "way").columns.tolist() == ["sound", "timbre", "nuisance_gain"]
    assert float(checks(clone, "way").value["own_row", ""]) < 1e-9  # the gate's process speaks alike
    decoded = parameters(clone, "neural")
    np.testing.assert_allclose(decoded.brightness, decoded.requested_brightness, rtol=1e-6)
    assert parameters(clone, "neural_ladder").ladder_factor.nunique() == 5  # and none
    drums = parameters(clone, "circle")
    assert drums.damping.between(0.1, 0.2).all()
    assert "aspect" not in drums
    played = parameters(clone, "violin")
    assert played.dynamics.tolist() == [0, 2] * 4
    assert checks(clone, "violin").breach["level_correlation", "dynamics"] == "yes"
    page = (clone / "results" / "report.html").read_text()
    for name in ("speech", "way", "neural", "neural_ladder", "circle", "violin", "heard", "asked"):
        assert f'<h2 id="data-{name}">' in page
    assert_listeners(clone, page, jobs(done.stdout))
    assert "Nothing to be done" in snakemake(clone, *words).stdout
    soundfile.write(clone / "violin" / "3.wav", tone, rate)
    assert planned(clone, *words)["synthesize"] == 1


def test_the_readmes_own_synthesizer(clone):
    """The Python and YAML blocks of the README, as they stand there, run for real."""
    (clone / "buzz.py").write_text(readme_block("### Your own synthesizer", "python"))
    example = yaml.safe_load(readme_block("### Your own synthesizer", "yaml"))
    example["models"] = {"good": GOOD}
    example["run"]["models"] = ["good"]
    (clone / "mine.yaml").write_text(yaml.safe_dump(example))
    done = snakemake(clone, "--configfile", "mine.yaml")
    assert done.returncode == 0, done.stdout[-5000:]
    assert parameters(clone, "buzz").columns.tolist() == [
        "sound",
        "f",
        "flutter",
        "nuisance_gain",
        "nuisance_phase",
    ]
    assert (checks(clone, "buzz").breach == "").all()
    path = clone / "buzz.py"
    path.write_text(path.read_text().replace("np.hanning", "np.hamming"))
    assert planned(clone, "--configfile", "mine.yaml")["synthesize"] == 1
