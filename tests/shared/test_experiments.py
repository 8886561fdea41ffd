"""Tables of what listeners did: which conditions they have, and what is refused of them."""

import math

import pytest
from conftest import ROOT
from shared.experiments import conditions, factors_of, size_of

LISTENERS = ROOT / "data" / "listeners"
TABLE = (
    "hertz,level,percent,sd\n100,soft,2,0.5\n200,soft,1,\n400,soft,,\n100,loud,0.5,0.1\n200,loud,0.25,0.1\n"
)


def experiment(folder, table=TABLE, **changes):
    (folder / "heard.csv").write_text(table)
    asked = {"listeners": str(folder / "heard.csv"), "source": "us", "answer": "percent", "along": "hertz"}
    asked |= {"lines": "level", "spread": "sd"}
    asked |= {"parameters": {"f0": "hertz", "level": {"level": {"soft": -60, "loud": -20}}}}
    asked |= {"threshold": {"knob": "step", "steps": [1, 2, 4], "plain": 3, "moved": 2}}
    return {key: value for key, value in (asked | changes).items() if value is not None}


def test_conditions_by_hand(tmp_path):
    first, second, *loud = conditions(experiment(tmp_path))
    assert first == ({"f0": 100.0, "level": -60.0}, 2.0, 0.5, 100.0, "level soft", "", 0)
    assert math.isnan(second.spread)
    whole = conditions(experiment(tmp_path, TABLE.replace("100,", "100.0,"), panels="hertz"))
    assert [condition.panel for condition in whole[:2]] == ["hertz 100", "hertz 200"]
    assert [condition.parameters["level"] for condition in loud] == [-20, -20]
    assert size_of(experiment(tmp_path)) == 4 * (3 + 3 * 2)
    assert [*factors_of(experiment(tmp_path))] == ["f0", "level", "step"]
    assert factors_of(None) == {}


def test_products_of_columns_and_numbers(tmp_path):
    width = ["hertz", {"level": {"soft": 2, "loud": 3}}, 0.5]
    found = conditions(experiment(tmp_path, parameters={"width": width}))
    assert [condition.parameters["width"] for condition in found] == [100, 200, 150, 300]


def test_answers_in_percent_of_a_column(tmp_path):
    assert [c.answer for c in conditions(experiment(tmp_path, percent_of="hertz"))] == [2, 0.5, 0.5, 0.125]


def test_groups_are_those_of_their_columns(tmp_path):
    asked = {"of": "f0", "alike": ["level"], "ordinary": 24, "within": 1.1, "odd": 2}
    found = experiment(tmp_path, threshold=None, pitch=asked)
    assert [condition.group for condition in conditions(found)] == [0, 0, 1, 1]
    assert size_of(found) == 2 * 24 + 4 * 2
    assert [*factors_of(found | {"pitch": asked | {"as": {"phase": 0}}})] == ["f0", "level", "phase"]


@pytest.mark.parametrize(
    ("table", "changes", "sentence"),
    [
        (TABLE, {"only": {"level": ["soft"]}}, "2 conditions have an answer; a curve needs 3 or more"),
        (TABLE, {"answer": "cents"}, "no column cents"),
        (TABLE, {"only": {"side": [1]}}, "no column side"),
        (
            TABLE,
            {"parameters": {"level": {"level": {"soft": 1}}}},
            "level has 'loud', which `parameters` does not",
        ),
        (TABLE.replace("0.25", "-1"), {}, "percent is -1; a threshold is above 0"),
        (TABLE.replace("0.25", "few"), {}, "percent is 'few', not a number"),
        (TABLE.replace("0.25", "inf"), {}, "percent is 'inf', not a number"),
        (TABLE + "300,loud\n", {}, "line 7 has too few cells"),
        ("", {}, "is empty"),
    ],
)
def test_what_is_no_curve_is_one_sentence(tmp_path, table, changes, sentence):
    with pytest.raises(ValueError, match=r"heard\.csv: .") as fault:
        conditions(experiment(tmp_path, table, **changes))
    assert sentence in str(fault.value)
    assert "\n" not in str(fault.value)


def test_the_tables_of_the_six_experiments_have_as_many_conditions_as_their_sources():
    lines = {name: len((LISTENERS / f"{name}.csv").read_text().splitlines()) - 1 for name in ("oxenham2004",)}
    asked = {"listeners": str(LISTENERS / "oxenham2004.csv"), "source": "", "answer": "f0_threshold_percent"}
    asked |= {"along": "f0_hz", "parameters": {"carrier": "carrier_hz"}, "threshold": {}}
    assert len(conditions(asked)) == lines["oxenham2004"] == 20
