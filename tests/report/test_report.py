"""Comparison and report: failures have a row and a reason, odd names are just text."""

import base64
import json
import re

import numpy as np
import pandas
import pytest
import yaml
from compare import compare
from conftest import ROOT
from report import explore, report
from shared import logs as reasons
from shared.scores import write_scores

PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
TRACEBACK = 'Traceback (most recent call last):\n  File "x.py", line 1, in <module>\n    f()\n'
HOSTILE = "<script>alert(1)</script>"
ENTRY = {
    "synthesizer": "additive",
    "version": 1,
    "design": "sobol",
    "resample": True,
    "factors": {"f1": {"unit": "Hz", "scale": "erb"}},
    "nuisances": {},
}


@pytest.mark.parametrize(
    ("log", "expected"),
    [
        ("loading\nerror: the weights are on the moon\n", "the weights are on the moon"),
        (f"{TRACEBACK}ValueError: bad shape\n", "ValueError: bad shape"),
        (f"{TRACEBACK}KeyboardInterrupt\n", "KeyboardInterrupt"),
        (
            f"{TRACEBACK}KeyError: 1\n\nDuring handling:\n{TRACEBACK}torch.OutOfMemoryError: no room\n\n",
            "torch.OutOfMemoryError: no room",
        ),
        (f"{TRACEBACK}RuntimeError: in loading:\n\tsize mismatch for a\n", "RuntimeError: in loading:"),
        ("usage: embed.py\nembed.py: error: argument --seed: invalid\n", "argument --seed: invalid"),
        ("embed [####....] 8/16 sounds\n", "ended without an error message (killed"),
        ("", "ended without a word"),
    ],
)
def test_reason_is_the_line_that_matters(tmp_path, log, expected):
    (tmp_path / "x.log").write_text(log)
    assert reasons.reason(tmp_path / "x.log").startswith(expected)


def test_reason_of_a_job_that_was_not_run():
    assert reasons.reason("") == "was not run"


@pytest.fixture
def results(tmp_path):
    """Results of one small data set with one model, and one that failed with a hostile message."""
    folder = tmp_path / "small"
    (folder / "figures").mkdir(parents=True)
    (folder / "embeddings").mkdir()
    for figure in report.FIGURES:
        (folder / "figures" / f"{figure}.png").write_bytes(PIXEL)
    row = {
        "model": "good",
        "analysis": "knn",
        "metric": "r2",
        "factor": "f1",
        "unit": "share",
        "better": "high",
    }
    write_scores(
        folder / "knn" / "good.scores.csv",
        [
            row | {"value": 0.91234, "low": 0.9, "high": 0.92, "chance": -0.025, "n": 9},
            row | {"factor": "r", "value": np.nan, "note": "does not vary"},
        ],
    )
    write_scores(folder / "knn" / "reference.scores.csv", [row | {"model": "reference", "value": 0.99}])
    (tmp_path / "bad.log").write_text(f"error: {HOSTILE} & more\n")
    compare.main(
        [
            *(
                "--results",
                str(folder),
                "--analyses",
                "knn",
                "isomap",
                "--models",
                "good",
                "bad",
                "reference",
            ),
            *("--without", "knn/bad", "isomap/good", "isomap/bad", "isomap/reference"),
            *("--failed", f"small:bad:embed:{tmp_path}/bad.log"),
            *("--output", f"{folder}/scores.csv", "--differences", f"{folder}/differences.csv"),
        ]
    )
    audit = {"view_share": 0.5, "view_start": 0, "view_end": 0.5, "batch_dependent": True}
    audit |= {"batch_difference": 0.24, "repeat_difference": 0.0, "varies": True}
    facts = {
        "module": HOSTILE,
        "layer": "",
        "packages": {},
        "initialization": "random",
        "framework": "torch",
        "D": 8,
        "sample_rate": 16000,
    }
    facts |= {
        "audio_rate": 16000,
        "clip_seconds": 0.064,
        "sounds_per_second": 3.0,
        "precision": "bf16",
        "batch_size": 1,
        "peak_memory_mb": 9,
    }
    facts |= {"device": "cpu", "licence": "MIT", "audit": audit}
    (folder / "embeddings" / "good.json").write_text(json.dumps(facts))
    (folder / "explore").mkdir()
    (folder / "explore" / "clouds.json").write_text(json.dumps({"unit": HOSTILE, "models": {"good": {}}}))
    (folder / "explore" / "clips.bin").write_bytes(b"")
    (folder / "sounds").mkdir()
    (folder / "sounds" / "parameters.csv").write_text("sound,f1\n0,1\n1,2\n")
    (folder / "sounds" / "checks.csv").write_text(
        "check,factor,other,value,limit,unit,breach,note\n"
        "level_range,,,15.7,0.5,dB,yes,\n"
        f"level_correlation,f1,,0.03,0.1,rank correlation,,{HOSTILE}\n"
    )
    config = {"run": {"datasets": ["small"], "models": ["good", "bad"]}}
    (tmp_path / "run_config.yaml").write_text(yaml.safe_dump(config))
    return tmp_path


def test_failed_model_has_a_row_with_its_reason(results):
    scores = pandas.read_csv(results / "small" / "scores.csv", keep_default_na=False)
    failed = scores[scores.metric == "failure"].iloc[0]
    assert (failed.model, failed.analysis, failed.value) == ("bad", "embed", "")
    assert failed.note == f"{HOSTILE} & more"


def test_report_shows_scores_marks_and_failures_and_escapes_them(results):
    report.main(
        [
            *("--results", str(results), "--config", f"{results}/run_config.yaml"),
            *("--datasets", json.dumps({"small": ENTRY}), "--rows", "good", "bad"),
            *("--clone", str(ROOT)),
            *("--output", f"{results}/report.html"),
        ]
    )
    page = (results / "report.html").read_text()
    assert "0.9123 [0.9, 0.92]" in page
    assert "2 sounds of the synthesizer <code>additive</code>" in page
    assert "1 breach:</span>" in page.replace("\n", " ")
    assert "chance -0.025, reference 0.99" in page
    assert "does not vary" in page
    assert "<strong>bad</strong> failed at embed" in page
    assert "embedded one by one" in page
    assert "in bfloat16" in page
    assert "50 %" in page
    assert "yes, 24 %" in page
    outside = re.sub(r"<script>.*?</script>|<style>.*?</style>", "", page, flags=re.DOTALL)
    assert HOSTILE not in outside
    assert outside.count("&lt;script&gt;alert(1)&lt;/script&gt;") >= 3
    assert "http" not in outside.split("</head>")[1].split("<pre")[0]  # nothing is fetched


def test_the_pages_policy_names_its_own_scripts_and_nothing_else(results):
    assert report.inline("a\r\n")[1] == "'sha256-h0KPxSKAPTEGXnvOPPA/5HUJZjHl4Hu9eg/eYMTPJcc='"
    with pytest.raises(ValueError, match="would end it"):
        report.inline("'</SCRIPT>'")
    assert report.inline(report.plotly())


def test_a_factor_of_words_has_a_tick_for_each():
    found = explore.factor_of(
        np.array([0.0, 2, 1, 0]), {"unit": "", "scale": "linear", "levels": ["pp", "mf", "ff"]}
    )
    assert found["levels"] == ["pp", "mf", "ff"]
    assert found["ticks"] == [0, 1, 2]
    assert found["tick_places"] == [0, 0.5, 1]
