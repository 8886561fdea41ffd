"""Just-noticeable differences as they are stated: faults are one sentence, and docs/jnd.md lists them all."""

import csv
import re
from itertools import groupby

import pytest
import yaml
from conftest import ROOT
from planning.datasets import resolve
from planning.factors import jnd_fault
from shared.declared import all_declared
from shared.jnds import in_words, looked_up, size_at
from test_faults import run, sentences

MANUAL = (ROOT / "docs" / "jnd.md").read_text()
SYNTHESIZERS = all_declared(ROOT / "workflow_scripts" / "synthesizers", "FACTORS")
PURE = yaml.safe_load(re.search(r"```yaml\n(.*?)```", MANUAL, re.DOTALL)[1])["jnd"]


def stated(**jnd):
    """A change of the config that states the JND of a drum's pitch."""
    return run("drum", factors={"pitch": {"jnd": {"source": "mine"} | jnd}})


FAULTY = [  # what is stated of a JND, what is said of it
    ({}, "must be `percent` or `step`, one of the two, with its `source`"),
    ({"percent": [[100, 1], [200, 1]], "step": 1}, "must be `percent` or `step`, one of the two"),
    ({"percent": [[100, 1]]}, "percent: a table needs two rows or more, [value, size] each, not [[100, 1]]"),
    ({"percent": []}, "percent: a table needs two rows or more"),
    ({"percent": [100, 1]}, "percent: each row of a table must be two numbers, [value, size], not 100"),
    ({"step": [[100, 1], [200]]}, "step: each row of a table must be two numbers, [value, size], not [200]"),
    ({"step": [[100, 1], [200, "1"]]}, "step: each row of a table must be two numbers"),
    ({"step": [[2, 1], [1, 1]]}, "step: the values of a table must rise from row to row, but 1 follows 2"),
    ({"step": [[1, 1], [1, 2]]}, "step: the values of a table must rise from row to row, but 1 follows 1"),
    ({"step": [[100, 1], [200, 0]]}, "step: the sizes of a table must be above 0, not 0"),
    ({"percent": [[0, 1], [200, 1]]}, "percent: the values of a table of percentages must be above 0, not 0"),
    ({"percent": 1, "duration": [[0.1, 2]]}, "duration: a table needs two rows or more"),
    ({"percent": 1, "duration": [[1, 2], [2, -1]]}, "duration: the sizes of a table must be above 0, not -1"),
]
DECLARED_ONLY = [  # the schema says other words of these in a config
    ({"percent": 0}, "percent: must be a number above 0 or a table, not 0"),
    ({"step": True}, "step: must be a number above 0 or a table, not True"),
    ({"percent": "1"}, "percent: must be a number above 0 or a table, not '1'"),
    ({"percent": 1, "levels": []}, "unknown key 'levels'; it takes percent, step, level, duration, source"),
    ({"percent": 1, "duration": 2}, "duration: a table needs two rows or more, [value, size] each, not 2"),
]


@pytest.mark.parametrize(("jnd", "sentence"), FAULTY)
def test_a_faulty_jnd_of_a_config_is_one_sentence(jnd, sentence):
    (fault,) = sentences(stated(**jnd))
    assert fault.startswith("config: datasets.drum.factors.pitch.jnd")
    assert sentence in fault


@pytest.mark.parametrize(("jnd", "sentence"), [*FAULTY, *DECLARED_ONLY])
def test_a_faulty_jnd_of_a_synthesizer_is_one_sentence(tmp_path, jnd, sentence):
    path = tmp_path / "buzz.py"
    factor = {"unit": "Hz", "scale": "log", "low": 100, "high": 200, "default": 100}
    table = {"f": factor | {"jnd": {"source": "mine"} | jnd}}
    path.write_text(f"FACTORS = {table!r}\n\n\ndef render(parameters, sample_rate, duration):\n    pass\n")
    entry = {"synthesizer": str(path), "N": 8, "sample_rate": 16000, "duration": 1}
    few = {"isomap": {"K": 4}, "knn": {"K": 4}}
    change = {"run": {"datasets": ["buzz"]}, "datasets": {"buzz": entry}, "analyses": few}
    (fault,) = sentences(change)
    assert f"FACTORS of {path}: the JND of f: {sentence}" in fault


def test_a_jnd_without_its_source_is_a_fault():
    assert jnd_fault({"percent": 1, "source": "mine"}) is None
    assert jnd_fault({"percent": 1}) == jnd_fault({"source": "mine"}) == FAULTY[0][1]


def test_a_ladder_is_told_of_the_faults_of_a_parent_that_does_not_run():
    faulty = {"factors": {"f1": {"jnd": {"percent": [[1, 2]], "source": "mine"}}}}
    (fault,) = sentences({"run": {"datasets": ["ladder"]}, "datasets": {"tones": faulty}})
    assert fault.startswith("config: datasets.ladder.factors.f1.jnd: percent: a table needs two rows")
    (fault,) = sentences({"run": {"datasets": ["tones", "ladder"]}, "datasets": {"tones": faulty}})
    assert fault.startswith("config: datasets.tones.factors.f1.jnd: percent: a table needs two rows")


def test_a_step_that_is_too_fine_anywhere_in_the_range_is_told():
    """Of a table that falls to 0.002, and of a finest step that grows with the value."""
    ladder = {"of": "voice", "points": 4, "steps": [1, 2]}
    only = {"prosody": None, "speed": False}
    falling = {"step": [[0, 0.2], [0.5, 0.002], [1, 0.2]], "source": "mine"}
    growing = {"low": 0.1, "jnd": {"step": 0.1, "source": ""}, "finest": {"percent": 10}}
    for timbre in ({"jnd": falling}, growing):
        change = run("voice_ladder", factors={"timbre": timbre} | only, ladder=ladder)
        (fault,) = sentences(change)
        assert "JND of timbre is finer than voice makes it" in fault


ENTRY = {"synthesizer": "additive", "N": 8, "sample_rate": 16000, "duration": 0.1}
BY_LEVEL = {"percent": [[100, 2], [400, 1]], "level": [[-60, 3], [-20, 1]], "source": "mine"}


def own_jnd(jnd, **entry):
    """The JND of f1 in a data set."""
    return resolve(ENTRY | {"factors": {"f1": {"jnd": jnd}}} | entry)["factors"]["f1"]["jnd"]


def test_a_jnd_is_that_at_the_level_and_the_duration_of_the_data_set():
    by_duration = {"step": 2, "duration": [[0.05, 4], [0.15, 2]], "source": "mine"}
    assert own_jnd(by_duration) == {"step": pytest.approx(6), "source": "mine; times 3 at 0.1 s"}
    late = own_jnd(by_duration, nuisances={"onset": {"low": 0, "high": 0.08}})
    assert late == {"step": 8, "source": "mine; times 4 at 0.02 s (held from 0.05)"}
    assert own_jnd(by_duration | {"duration": [[0.05, 4], [0.1, 1]]}) == {"step": 2, "source": "mine"}
    soft = own_jnd(BY_LEVEL, level=-40)
    assert soft == {"percent": [[100, 4], [400, 2]], "source": "mine; times 2 at -40 dB"}
    both = own_jnd(BY_LEVEL | {"duration": [[0.1, 2], [1, 1]]}, level=-40)
    assert both == {"percent": [[100, 8], [400, 4]], "source": "mine; times 4 at -40 dB and 0.1 s"}


@pytest.mark.parametrize("entry", [{}, {"level": -40, "normalize": "peak"}])
def test_a_jnd_by_level_needs_sounds_of_a_stated_level(entry):
    changes = {"factors": {"f1": {"jnd": BY_LEVEL}}} | entry
    (fault,) = sentences({"run": {"datasets": ["tones"]}, "datasets": {"tones": changes}})
    assert fault.endswith("f1.jnd.level: state the `level` of the data set, under normalize rms or active")


def pure_tone(frequency, duration, level):
    """JND of a pure tone in Hz (Micheyl, Xiao & Oxenham 2012). frequency: Hz; duration: s; level: dB SL."""
    terms = 0.38 * (frequency / 1000) ** 0.82, 0.42 * (duration / 0.1) ** -0.42, 0.37 * (level / 10) ** -1.09
    return 10 ** (sum(terms) - 0.38)


def test_the_duration_of_f1_and_the_pure_tones_of_the_manual_follow_the_formula():
    for frequency, percent in PURE["percent"]:
        assert percent == pytest.approx(100 * pure_tone(frequency, 0.5, 40) / frequency, rel=0.02)
    for level, multiplier in PURE["level"]:
        ratio = pure_tone(1000, 0.5, level + 100) / pure_tone(1000, 0.5, 40)
        assert multiplier == pytest.approx(ratio, rel=0.02)
    harmonic = [SYNTHESIZERS[name]["f1"]["jnd"] for name in ("additive", "partials", "paper2023", "neural")]
    assert all(jnd == harmonic[0] for jnd in harmonic)
    for duration, multiplier in [*harmonic[0]["duration"], *PURE["duration"]]:
        ratio = pure_tone(1000, duration, 40) / pure_tone(1000, 0.5, 40)
        assert multiplier == pytest.approx(ratio, rel=0.04)


def test_the_pure_tones_of_the_manual_are_those_of_wier_and_others_1977():
    with open(ROOT / "data" / "listeners" / "wier1977.csv") as file:
        rows = [[float(cell or "nan") for cell in row.values()] for row in csv.DictReader(file)]
    heard = [row for row in rows if row[1] >= 20 and row[2] > 0]
    assert len(heard) == 23
    for frequency, level, step in heard:
        percent = size_at(frequency, PURE) * looked_up(level - 100, *zip(*PURE["level"], strict=True))
        assert 1 / 1.8 < percent / (100 * step / frequency) < 1.8


def declared_rows():
    """What FACTORS say, as rows of the manual's table: synthesizer, factors, JND and source."""
    for synthesizer, factors in SYNTHESIZERS.items():
        stated = [item for item in factors.items() if "jnd" in item[1]]
        for (_, jnd), group in groupby(stated, lambda item: (item[0].split("_")[0], item[1]["jnd"])):
            names = [name for name, _ in group]
            entry = factors[names[0]]
            words = in_words(jnd, entry["low"], entry["high"], entry["unit"])
            yield (
                synthesizer,
                " to ".join(dict.fromkeys((names[0], names[-1]))),
                words + (", by duration" if "duration" in jnd else ""),
                jnd["source"],
            )


def test_the_manual_lists_every_jnd_and_what_would_settle_it():
    lines = MANUAL.partition("what would settle it |\n|---|---|---|---|---|\n")[2].splitlines()
    rows = [tuple(cell.strip() for cell in line.strip("|").split("|")) for line in lines]
    assert [row[:4] for row in rows] == [*declared_rows()]
    for *_, source, cure in rows:
        assert bool(cure) == source.startswith("assumed"), source
    published = sum(not row[3].startswith("assumed") for row in rows)
    assert f"{published} of {len(rows)} are published" in MANUAL
