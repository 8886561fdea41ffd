"""The gate: each flaw is found where it was put, and sound data sets pass."""

import json

import numpy as np
import pandas
import pytest
from conftest import definition
from shared.scales import span
from shared.sounds import write_audio
from synthesize import check_sounds, synthesize
from test_sounds import PAPER

TONES = definition("additive", N=256)
TONES["nuisances"] |= {"gain": {"low": -3, "high": 3}, "onset": {"low": 0, "high": 0.1}}


def gate(folder, entry, *words, change=None):
    """The gate's table of a data set, indexed by check and factor; `change` meddles with the sounds."""
    paths = [f"--parameters={folder}/p.csv", f"--audio={folder}/a.wav"]
    synthesize.main(["--definition", json.dumps(entry), *paths])
    if change:
        table, module = synthesize.draw(entry), synthesize.load_synthesizer(entry["synthesizer"])
        sounds = np.concatenate(list(synthesize.finished(entry, module, table)))
        sounds = change(table, sounds).astype(np.float32)
        write_audio(folder / "a.wav", [sounds], entry["sample_rate"], len(sounds))
    outputs = [f"--checks={folder}/checks.csv", "--figure", f"{folder}/checks.png"]
    check_sounds.main(["--definition", json.dumps(entry), *paths, *words, *outputs])
    table = pandas.read_csv(folder / "checks.csv", keep_default_na=False, dtype=str)
    return table.set_index(["check", "factor"])


def breaches(table):
    return set(table.index[table.breach == "yes"])


def test_tones_come_out_clean(tmp_path):
    table = gate(tmp_path, TONES, "--resampled", "--K", "40")
    assert breaches(table) == set()
    assert 5.5 < float(table.value["level_range", ""]) < 6.1
    assert float(table.value["span", "f1"]) == pytest.approx(69.7, abs=1)
    assert float(table.value["aliasing", ""]) < -60
    assert (tmp_path / "checks.png").stat().st_size > 10_000


def test_the_span_of_a_jnd_that_varies_says_where_it_is_held(tmp_path):
    jnd = {"percent": [[250, 2], [350, 0.5]], "source": "mine"}
    entry = TONES | {"N": 64, "factors": TONES["factors"] | {"f1": TONES["factors"]["f1"] | {"jnd": jnd}}}
    table = gate(tmp_path, entry, "--resampled")
    note = table.note["span", "f1"]
    assert note == "JND 0.5 to 2 %, mine; held below 250 Hz and above 350 Hz"
    low, high = (pandas.read_csv(tmp_path / "p.csv").f1.agg(end) for end in ("min", "max"))
    assert float(table.value["span", "f1"]) == pytest.approx(span(low, high, jnd), rel=1e-4)


def test_every_known_flaw_of_the_released_set_is_named(tmp_path):
    """Errata: octave equivalence, level that follows alpha and r, 64 ms, rates, few values, scaling."""
    table = gate(tmp_path, PAPER, "--K", "100")
    assert breaches(table) == {
        ("level_range", ""),
        ("level_correlation", "alpha"),
        ("level_correlation", "r"),
        ("sounds_per_value", "f1"),
        ("clip", ""),
        ("sample_rate", ""),
        ("dc", ""),
        ("own_row", ""),
        ("identifiable_declared", ""),
    }
    assert float(table.value["level_range", ""]) == pytest.approx(15.7, abs=0.05)
    assert float(table.value["level_correlation", "alpha"]) == pytest.approx(-0.66, abs=0.005)
    assert float(table.value["level_correlation", "r"]) == pytest.approx(0.70, abs=0.005)
    assert [round(float(table.value["span", f])) for f in ("f1", "alpha", "r")] == [65, 35, 30]
    assert "(f1 12, alpha 2, r 1) and (f1 24, alpha 2, r 0)" in table.note["identifiable_declared", ""]


FLAWS = {
    "level follows a factor": (
        lambda table, sounds: sounds * 10 ** (table["brightness"][:, None] / 3200),
        {("level_range", ""), ("level_correlation", "brightness")},
    ),
    "clipped": (lambda table, sounds: np.clip(10 * sounds, -1.2, 1.2), {("peak", ""), ("own_row", "")}),
    "a constant": (lambda table, sounds: sounds + 0.01, {("dc", ""), ("own_row", "")}),
    "twins": (lambda table, sounds: sounds[np.maximum(np.arange(len(sounds)), 1)], {("twins", "")}),
}


SAWTOOTH = """import numpy as np
FACTORS = {"f": {"unit": "Hz", "scale": "log", "low": 900, "high": 1700, "default": 1000}}
def render(parameters, sample_rate, duration):
    time = np.arange(round(duration * sample_rate)) / sample_rate
    return 2 * (parameters["f"][:, None] * time % 1) - 1
"""


@pytest.mark.parametrize("flaw", FLAWS)
def test_a_flaw_is_found(tmp_path, flaw):
    change, expected = FLAWS[flaw]
    table = gate(tmp_path, TONES | {"N": 64}, "--resampled", change=change)
    assert expected <= breaches(table)


def test_unequal_spans_are_named(tmp_path):
    factors = TONES["factors"] | {"odd_even": TONES["factors"]["odd_even"] | {"low": 0, "high": 3}}
    table = gate(tmp_path, TONES | {"N": 64, "factors": factors}, "--resampled")
    assert ("span_ratio", "f1") in breaches(table)
    assert table.other["span_ratio", "f1"] == "odd_even"


def test_aliasing_is_found_in_a_synthesizer_that_does(tmp_path):
    source = tmp_path / "sawtooth.py"
    source.write_text(SAWTOOTH)
    table = gate(tmp_path, definition(str(source), N=32), "--resampled")
    assert ("aliasing", "") in breaches(table)


ALIKE = """import numpy as np
FACTORS = {
    "f": {"unit": "Hz", "scale": "linear", "low": 300, "high": 900, "default": 600, "jnd": PERCENT},
    "g": {"unit": "Hz", "scale": "linear", "low": 300, "high": 900, "default": 600, "jnd": PERCENT},
    "idle": {"unit": "", "scale": "linear", "low": 0, "high": 1, "default": 0},
}
def render(parameters, sample_rate, duration):
    time = np.arange(round(duration * sample_rate)) / sample_rate
    tones = [np.sin(2 * np.pi * parameters[n][:, None] * time) for n in "fg"]
    return (tones[0] + tones[1]) * np.hanning(len(time))
""".replace("PERCENT", '{"percent": 1, "source": "assumed"}')


def test_knobs_that_sound_alike_or_do_nothing_are_found_in_spite_of_nuisances(tmp_path):
    """Two tones that may change places, and a third knob that is connected to nothing."""
    (tmp_path / "alike.py").write_text(ALIKE)
    entry = definition(str(tmp_path / "alike.py"), N=5**3, design="grid")
    for name, step in (("f", 150), ("g", 150), ("idle", 0.25)):
        entry["factors"][name] |= {"start": entry["factors"][name]["low"], "step": step}
        entry["factors"][name]["stop"] = entry["factors"][name]["high"] + step / 2
    entry["nuisances"] = {"onset": {"low": 0, "high": 0.1}, "noise": {"low": 30, "high": 40}}
    table = gate(tmp_path, entry, "--resampled")
    assert {("identifiable", ""), ("identifiable_range", "")} <= breaches(table)
    assert "idle" in table.note["identifiable_range", ""]


def test_a_small_table_is_held_to_what_it_is(tmp_path):
    """Seven rows whose two factors are one: a fact of the table, not of chance."""
    (tmp_path / "t.csv").write_text(
        "f1,brightness\n" + "".join(f"{200 + 30 * i},{900 + 300 * i}\n" for i in range(7))
    )
    entry = definition("additive", design="table", table=str(tmp_path / "t.csv"))
    entry["factors"] = {name: entry["factors"][name] for name in ("f1", "brightness")}
    table = gate(tmp_path, entry, "--resampled")
    assert ("correlation", "f1") in breaches(table)


def test_level_while_it_sounds_is_told_from_level_over_the_clip(tmp_path):
    """Equal energy makes short drums loud; equal level while they sound gives them less energy."""
    factors = {"pitch": {}, "decay": {"low": 0.05, "high": 0.8}}
    equal_energy = gate(tmp_path, definition("drum", N=64, factors=factors, level=-40), "--resampled")
    assert float(equal_energy.value["active_correlation", "decay"]) < -0.8
    equal_level = gate(tmp_path, definition("drum", N=64, factors=factors, normalize="active"), "--resampled")
    assert float(equal_level.value["rms_correlation", "decay"]) > 0.8
    for table in (equal_energy, equal_level):
        assert ("level_range", "") not in breaches(table)


def test_strict_is_an_error_and_writes_nothing(tmp_path):
    with pytest.raises(SystemExit, match=r"error: the gate found \d+ breaches \(level_range, .*strict"):
        gate(tmp_path, PAPER, "--strict")
    assert not (tmp_path / "checks.csv").exists()
