"""How the page words and orders scores: headings, tables, thresholds and tips."""

import pandas
import pytest
from compare.compare import SCORE
from report import overview, tables
from shared.scores import COLUMNS


def scores_of(*rows):
    """Rows of scores.csv as the report reads them: of model m, unless a row says otherwise."""
    empty = dict.fromkeys(COLUMNS, "")
    return pandas.DataFrame([empty | {"model": "m", "value": "1"} | row for row in rows])


def test_tables_stand_where_the_analyses_declare_them():
    analyses = {
        "late": {"order": 2, "metrics": {"a": {"heading": "A"}}},
        "early": {
            "order": 1,
            "heading": "All of early",
            "text": "What they say.",
            "notes": True,
            "metrics": {
                "per_factor": {"heading": "P", "text": "T"},
                "x": {},
                "last": {"heading": "L"},
                "y": {},
            },
        },
    }
    rows = [("unknown", "z", ""), ("late", "a", "f"), ("early", "y", ""), ("early", "last", "f")]
    rows += [("early", "x", ""), ("early", "per_factor", "f")]
    scores = scores_of(*({"analysis": a, "metric": m, "factor": f} for a, m, f in rows))
    differences = pandas.DataFrame(columns=[*SCORE, "model", "other_model", "real", "difference"])
    shown = tables.score_tables(scores, differences, ["m"], analyses)
    assert [table["name"] for table in shown] == [
        "early.per_factor",
        "early",
        "early.last",
        "late.a",
        "unknown",
    ]
    assert [table["heading"] for table in shown] == ["P", "All of early", "L", "A", "unknown"]
    assert list(shown[1]["columns"]) == ["y", "x"]
    assert (shown[1]["text"], shown[1]["notes"], shown[0]["notes"]) == ("What they say.", True, False)


@pytest.mark.parametrize(
    ("state", "value", "sign", "none"),
    [
        ("", "2", "", "because"),
        ("below", "0.06", "<", "because"),
        ("not reached", "", "", "threshold not reached"),
    ],
)
def test_a_threshold_is_shown_by_its_state(state, value, sign, none):
    row = {"value": value, "low": "", "high": "", "state": state, "note": "because"}
    cell = overview.threshold_cell(row, 120)
    assert (cell["sign"], cell["none"]) == (sign, none)
    assert (cell["mark"] is None) == (value == "")


def test_a_tip_names_the_unit_of_its_measure():
    keys = ("subspaces.probe_r2", "knn.r2", "hypothesis.smoothness")
    units = ("share of variance", "", "R2")
    scores = scores_of(
        *(
            dict(zip(("analysis", "metric"), key.split("."), strict=True))
            | {"factor": "f", "value": "0.5", "chance": "0", "reference": "1", "unit": unit}
            for key, unit in zip(keys, units, strict=True)
        )
    )
    tip = overview.tips(overview.overview(scores, None, ["f"], ["m"]))["m"]["f"].splitlines()
    assert "(share of variance 0.5, chance 0, reference 1)" in tip[1]
    assert "(neighbours 0.5, chance 0, reference 1)" in tip[2]
    assert "(R2 0.5, chance 0, reference 1)" in tip[3]
