"""Loudness in sone, and data sets whose sounds are equally loud."""

import json
import subprocess

import numpy as np
import pytest
from conftest import ROOT, built, definition, rendered

pytestmark = [pytest.mark.network, pytest.mark.environments("hearing")]
# Bands of ISO 532-1:2017, annex B.2, dB SPL, of 83.296 sone.
BANDS = [-60, -60, 78, 79, 89, 72, 80, 89, 75, 87, 85, 79, 86, 80, 71, 70, 72, 71, 72, 74, 69, 65, 67, 77]
BANDS += [68, 58, 45, 30]
# Hz, dB SPL and sone: of its annex B.3, by the definition of the sone, and twice as loud for each 10 dB.
STANDARD = [(250, 80, 14.655), (1000, 60, 4.019), (4000, 40, 1.549), (1000, 40, 1), (1000, 70, 8)]
CONTOUR = [63, 100, 250, 1000, 3000, 7000]  # Hz
TONES = definition("additive", N=32, normalize="loudness", loudness=4.0, full_scale=90)
TONES["nuisances"] |= {"gain": {"low": -3, "high": 3}, "onset": {"low": 0, "high": 0.1}}
CODE = """
import json, sys
import numpy as np
import pandas, soundfile
from shared.loudness import loudness, phon, sone
from synthesize import check_sounds, synthesize
from synthesize.levels import clip_rms, equally_loud

folder, entry, standard, contour, bands = *sys.argv[1:2], *map(json.loads, sys.argv[2:])
def tone(frequency, decibels=0.0, rate=48000):
    return np.sqrt(2) * 10 ** (decibels / 20) * np.sin(2 * np.pi * frequency * np.arange(rate) / rate)

tones = np.array([tone(frequency, decibels - 100) for frequency, decibels, _ in standard])
found = {"bands": sone(np.array(bands, float)), "standard": loudness(tones, 48000, 100)}
found["rates"] = [loudness(tone(1000, -40, rate)[None], rate)[0] for rate in (16000, 44100, 48000)]
found["phon"] = phon([0, 0.5, 1, 8])
equal = equally_loud(np.array([*(tone(f, -90, 16000) for f in contour), np.zeros(16000)]), 16000, 4, 100)
found |= {"equal": loudness(equal, 16000), "decibels": 100 + 20 * np.log10(clip_rms(equal[:-1], 16000))}
found["silence"] = np.abs(equal[-1]).max()

paths = [f"--parameters={folder}/p.csv", f"--audio={folder}/a.wav"]
synthesize.main(["--definition", json.dumps(entry), *paths])
outputs = [f"--checks={folder}/checks.csv", "--figure", f"{folder}/checks.png"]
check_sounds.main(["--definition", json.dumps(entry), *paths, "--resampled", *outputs])
sounds = soundfile.read(f"{folder}/a.wav")[0].reshape(entry["N"], -1)
table = pandas.read_csv(f"{folder}/p.csv")
even = sounds / 10 ** (table[["nuisance_gain"]].to_numpy() / 20)
found |= {"sounds": sounds[:4], "set": loudness(even, 16000, entry["full_scale"]), "f1": table.f1}
found["set_decibels"] = 20 * np.log10(clip_rms(even, 16000))
try:
    synthesize.main(["--definition", json.dumps(entry | {"loudness": 60}), *paths])
except SystemExit as end:
    found["told"] = [str(end)]
print(json.dumps({name: np.asarray(value).tolist() for name, value in found.items()}))
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("loud")


@pytest.fixture(scope="module")
def found(folder):
    """{name: array} of what CODE finds in the environment of models of hearing."""
    [prefix] = built("hearing")
    words = [
        prefix / "bin" / "python",
        "-c",
        CODE,
        folder,
        *map(json.dumps, (TONES, STANDARD, CONTOUR, BANDS)),
    ]
    done = subprocess.run(words, cwd=ROOT / "workflow_scripts", check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return {name: np.array(value) for name, value in json.loads(done.stdout.splitlines()[-1]).items()}


@pytest.fixture
def checks(folder, found):
    """Rows of the gate's table of TONES, {(check, factor): [value, limit, unit, breach, note]}."""
    lines = [line.split(",", 7) for line in (folder / "checks.csv").read_text().splitlines()[1:]]
    return {(check, factor): rest for check, factor, _, *rest in lines}


def test_loudness_is_that_of_the_standards_own_cases(found):
    """Of levels in bands it is exact; of sounds ISO 532-1 allows 5 %."""
    assert found["bands"] == pytest.approx([83.296], abs=0.01)
    assert found["standard"] == pytest.approx([sones for *_, sones in STANDARD], rel=0.05)
    assert found["rates"] == pytest.approx(found["standard"][1], rel=0.002)  # whatever the sample rate
    assert found["phon"] == pytest.approx([2.8, 31.4, 40, 70], abs=0.05)


def test_equally_loud_tones_have_unequal_levels_as_equal_loudness_contours_say(found):
    """At 60 phon, by ISO 226: low tones need much more level, 3 kHz less than 1 kHz, 7 kHz a little more."""
    assert found["equal"][:-1] == pytest.approx(4, rel=0.01)
    over_1_kHz = found["decibels"] - found["decibels"][3]
    assert over_1_kHz == pytest.approx([15, 9, 3, 0, -6, 2], abs=2.5)
    assert (np.diff(over_1_kHz) < 0).tolist() == [True, True, True, True, False]
    assert found["silence"] == 0


def test_a_data_set_of_equal_loudness_is_the_same_but_for_the_level_of_each_sound(found):
    assert found["set"] == pytest.approx(4, rel=0.01)
    assert np.ptp(found["set_decibels"]) > 3
    table, sounds = rendered(TONES | {"normalize": "rms"})
    np.testing.assert_array_equal(found["f1"], table["f1"])
    for loud, plain in zip(found["sounds"], sounds, strict=False):
        np.testing.assert_allclose(loud / np.abs(loud).max(), plain / np.abs(plain).max(), atol=1e-5)


def test_the_gate_judges_loudness_and_describes_the_level_that_it_takes(checks):
    value, limit, unit, breach, _ = checks["level_range", ""]
    assert 5.5 < float(value) < 9
    assert (limit, unit, breach) == ("10", "phon", "")
    assert {checks["level_correlation", name][3] for name in TONES["factors"]} == {""}
    assert float(checks["own_row", ""][0]) < 1e-6
    assert float(checks["rms_range", ""][0]) > 8
    assert checks["rms_range", ""][1] == ""


def test_a_sound_that_would_clip_is_one_sentence(found):
    (sentence,) = found["told"]
    assert sentence.startswith(
        "error: normalize loudness: a sound clips before it has 60 sone, the softest at "
    )
    assert sentence.endswith("; state a lower loudness or a higher full_scale than 90 dB SPL")
