"""The gate: each flaw is found where it was put, and sound data sets pass."""

import json

import check_sounds
import numpy as np
import pandas
import pytest
import synthesize
from conftest import definition
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
        synthesize.write_audio(folder / "a.wav", [sounds], entry["sample_rate"], len(sounds))
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
        ("identifiable_range", ""),
    }
    assert float(table.value["level_range", ""]) == pytest.approx(15.7, abs=0.05)
    assert float(table.value["level_correlation", "alpha"]) == pytest.approx(-0.66, abs=0.005)
    assert float(table.value["level_correlation", "r"]) == pytest.approx(0.70, abs=0.005)
    assert [round(float(table.value["span", f])) for f in ("f1", "alpha", "r")] == [65, 35, 10]
    assert "(f1 12, alpha 0, r 1) and (f1 24, alpha 0, r 0)" in table.note["identifiable_range", ""]


FLAWS = {
    "level follows a factor": (
        lambda table, sounds: sounds * 10 ** (table["brightness"][:, None] / 3200),
        {("level_range", ""), ("level_correlation", "brightness"), ("own_row", "")} - {("own_row", "")},
    ),
    "clipped": (lambda table, sounds: np.clip(10 * sounds, -1.2, 1.2), {("peak", ""), ("own_row", "")}),
    "a constant": (lambda table, sounds: sounds + 0.01, {("dc", ""), ("own_row", "")}),
    "twins": (lambda table, sounds: sounds[np.maximum(np.arange(len(sounds)), 1)], {("twins", "")}),
    "two settings sound alike": (
        lambda table, sounds: np.concatenate([sounds[-1:] / 2, sounds[1:]]),
        {("identifiable", "")},
    ),
}


@pytest.mark.parametrize("flaw", FLAWS)
def test_a_flaw_is_found(tmp_path, flaw):
    change, expected = FLAWS[flaw]
    table = gate(tmp_path, TONES | {"N": 64}, "--resampled", change=change)
    assert expected <= breaches(table)


def test_unequal_spans_are_named(tmp_path):
    factors = TONES["factors"] | {"odd_even": TONES["factors"]["odd_even"] | {"low": 0, "high": 6}}
    table = gate(tmp_path, TONES | {"N": 64, "factors": factors}, "--resampled")
    assert ("span_ratio", "f1") in breaches(table)
    assert table.other["span_ratio", "f1"] == "odd_even"


def test_aliasing_is_found_in_a_synthesizer_that_does(tmp_path):
    source = tmp_path / "sawtooth.py"
    source.write_text(
        """import numpy as np
FACTORS = {"f": {"unit": "Hz", "scale": "log", "low": 900, "high": 1700, "default": 1000}}
def render(parameters, sample_rate, duration, max_frequency=8000):
    time = np.arange(round(duration * sample_rate)) / sample_rate
    return 2 * (parameters["f"][:, None] * time % 1) - 1
"""
    )
    table = gate(tmp_path, definition(str(source), N=32), "--resampled")
    assert ("aliasing", "") in breaches(table)


def test_strict_is_an_error_and_writes_nothing(tmp_path):
    with pytest.raises(SystemExit, match=r"error: the gate found \d+ breaches \(level_range, .*strict"):
        gate(tmp_path, PAPER, "--strict")
    assert not (tmp_path / "checks.csv").exists()
