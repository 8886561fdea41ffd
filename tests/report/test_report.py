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
from report import explore, facts, inlined, report
from shared import logs as reasons
from shared.scores import write_table

PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
TRACEBACK = 'Traceback (most recent call last):\n  File "x.py", line 1, in <module>\n    f()\n'
HOSTILE = "<script>alert(1)</script>"
FIGURES = ["knn", "sounds", "isomap", "checks", "subspaces", "of_tomorrow"]
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


AUDIT = {
    "view_share": 0.5,
    "view_start": 0,
    "view_end": 0.5,
    "batch_dependent": True,
    "batch_difference": 0.24,
    "repeat_difference": 0.0,
    "varies": True,
    "other_cosine": 0.9,
    "shift_cosine": 0.99,
    "half_gain_cosine": 0.98,
    "double_gain_cosine": 0.97,
    "silence_cosine": 0.41,
    "silence_refused": "",
}
ROWS = {
    "repeated_share": 0.97,
    "repeated_settings_share": 0.0,
    "directions_of_99_percent": 2,
    "effective_rank": 1.9,
    "rank_rows": 2,
    "still_share": 0.5,
    "outputs": "",
}
MARKS = {"silence": f"Silence moves {HOSTILE}.", "duplicates": "97% of the embeddings repeat."}
FACTS = {  # of a model, as its embeddings/MODEL.json has them
    "module": HOSTILE,
    "layer": "",
    "pooling": "mean_std",
    "hop": 50.0,
    "task": "pitch",
    "training_data": HOSTILE,
    "parameters": 22244328,
    "weights_sha256": {"/somewhere/full.pth": "0123456789abcdef" * 4},
    "seconds_per_1000_sounds": 12.5,
    "rows": ROWS,
    "marks": MARKS,
    "packages": {HOSTILE: HOSTILE},
    "initialization": "random",
    "framework": "torch",
    "D": 8,
    "sample_rate": 16000,
    "audio_rate": 16000,
    "clip_seconds": 0.064,
    "sounds_per_second": 3.0,
    "precision": "bf16",
    "batch_size": 1,
    "peak_memory_mb": 9,
    "device": HOSTILE,
    "confinement": f"no network (seccomp); at most 240 minutes and {HOSTILE}",
    "licence": "MIT",
    "audit": AUDIT,
}
SCORE = {"analysis": "knn", "metric": "r2", "factor": "f1", "unit": "share", "better": "high"}
SCORE |= {"distance": "cosine", "reduce": "pca 64"}
PAIRS = f"""model_a,model_b,score,factor,value,low,high,chance,n,note
good,reference,cka,,0.512,0.4,0.6,0,9,
good,reference,rsa,,0.3,0.2,0.4,0,9,
good,reference,overlap,,0.25,0.2,0.3,0.1,9,
good,reference,procrustes,,0.7,0.6,0.8,0.2,9,
good,reference,parted,{HOSTILE},0.31,0.25,0.37,0.01,9,good follows it more
"""
CHECKS = f"""check,factor,other,value,limit,unit,breach,note
level_range,,,15.7,0.5,dB,yes,
level_correlation,f1,,0.03,0.1,rank correlation,,{HOSTILE}
"""


def write_text(path, text):
    """Write a text file and the folders that it needs."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


@pytest.fixture
def results(tmp_path):
    """Results of one small data set with one model, and one that failed with a hostile message."""
    folder = tmp_path / "small"
    (folder / "figures").mkdir(parents=True)
    for figure in FIGURES:
        (folder / "figures" / f"{figure}.png").write_bytes(PIXEL)
    of_good = [
        {"value": 0.91234, "low": 0.9, "high": 0.92, "chance": -0.025, "n": 9},
        {"factor": "r", "value": np.nan, "note": "does not vary"},
        {"factor": "s", "value": 0.5, "state": "partial", "note": "the largest component alone"},
        {"factor": "t", "value": 0.25, "note": "only a remark"},
    ]
    write_table(folder / "knn" / "good.scores.csv", [{"model": "good"} | SCORE | row for row in of_good])
    write_table(folder / "knn" / "reference.scores.csv", [{"model": "reference", "value": 0.99} | SCORE])
    write_text(tmp_path / "bad.log", f"error: {HOSTILE} & more\n")
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
    write_text(folder / "models.csv", PAIRS)
    write_text(folder / "embeddings" / "good.json", json.dumps(FACTS))
    write_text(folder / "explore" / "clouds.json", json.dumps({"unit": HOSTILE, "models": {"good": {}}}))
    write_text(folder / "explore" / "clips.bin", "")
    write_text(folder / "sounds" / "parameters.csv", "sound,f1\n0,1\n1,2\n")
    write_text(folder / "sounds" / "checks.csv", CHECKS)
    config = {"run": {"datasets": ["small"], "models": ["good", "bad"]}}
    write_text(tmp_path / "run_config.yaml", yaml.safe_dump(config))
    return tmp_path


def test_failed_model_has_a_row_with_its_reason(results):
    scores = pandas.read_csv(results / "small" / "scores.csv", keep_default_na=False)
    failed = scores[scores.metric == "failure"].iloc[0]
    assert (failed.model, failed.analysis, failed.value) == ("bad", "embed", "")
    assert failed.note == f"{HOSTILE} & more"


@pytest.fixture
def page(results):
    """The page of these results, HTML."""
    report.main(
        [
            *("--results", str(results), "--config", f"{results}/run_config.yaml"),
            *("--datasets", json.dumps({"small": ENTRY}), "--rows", "good", "bad"),
            *("--figures", json.dumps({"small": FIGURES}), "--clone", str(ROOT)),
            *("--output", f"{results}/report.html"),
        ]
    )
    return (results / "report.html").read_text()


def without_scripts(page):
    return re.sub(r"<(script|style)[^>]*>.*?</\1>", "", page, flags=re.DOTALL)


def test_report_shows_scores_marks_and_failures_and_escapes_them(page):
    words = " ".join(page.split())
    assert "0.9123 [0.9, 0.92]" in page
    assert "2 sounds of the synthesizer <code>additive</code>" in page
    assert words.count("Distances: cosine, of 64 principal components (controls: Euclidean, of all dim") == 2
    assert "1 breach:</span>" in words
    assert "chance -0.025, reference 0.99" in page
    assert "does not vary" in page
    assert "<strong>bad</strong> failed at embed" in page
    assert "embedded one by one" in page
    assert "in bfloat16" in page
    assert "50 %" in page
    assert "yes, 24 %" in page
    assert "22,244,328" in page
    assert "full.pth 0123456789ab" in page
    assert "moments, every 50 ms: mean and std" in page
    assert "97 %" in page
    assert "no network (seccomp)" in page
    assert 'data-tip="Silence moves &lt;script&gt;' in page
    outside = re.sub(r"<script>.*?</script>|<style>.*?</style>", "", page, flags=re.DOTALL)
    assert HOSTILE not in outside
    assert outside.count("&lt;script&gt;alert(1)&lt;/script&gt;") >= 3
    assert "http" not in outside.split("</head>")[1].split("<pre")[0]  # nothing is fetched


@pytest.mark.parametrize("module", ["adapters.crepe", "precomputed"])
def test_rows_of_the_tables_of_models_are_as_wide_as_their_heads(module):
    known = FACTS | {"module": module, "file": "mine.npy", "sha256": "0" * 64}
    if module == "precomputed":
        known = {key: value for key, value in known.items() if key != "audit"}
    for cells, heads in ((facts.card_cells(known), facts.CARD), (facts.audit_cells(known), facts.AUDIT)):
        assert sum(cell.span for cell in cells) == len(heads)
        assert heads.index(cells[-1].head) == len(heads) - 1


def test_a_model_of_one_length_is_told_without_a_mark():
    known = FACTS | {"audit": AUDIT | {"silence_cosine": None, "silence_refused": "wants 1 s"}, "marks": {}}
    cell = next(cell for cell in facts.audit_cells(known) if cell.head == "silence behind")
    assert [line.text for line in cell.lines] == ["takes no longer clip", "wants 1 s"]
    assert "mark" not in {line.kind for line in cell.lines}


def test_a_note_stands_beside_a_value_by_its_state_not_by_its_words(page):
    notes = re.findall(r'<small class="note">([^<]*)</small>', without_scripts(page))
    assert "the largest component alone" in notes  # partial
    assert "does not vary" in notes  # no value
    assert "only a remark" not in notes


def test_figures_stand_in_the_order_that_they_declare_one_that_declares_none_last(page):
    headings = re.findall(r'<figure id="figure-small-(\w+)"><h3>([^<]*)</h3>', page)
    names = ["sounds", "checks", "isomap", "subspaces", "knn", "of_tomorrow"]
    assert [name for name, _ in headings] == names
    assert dict(headings)["checks"] == "The gate: spans and levels"
    assert dict(headings)["of_tomorrow"] == "of_tomorrow"


def test_the_pages_policy_names_its_own_scripts_and_nothing_else(results):
    assert inlined.inline_script("a\r\n")[1] == "'sha256-h0KPxSKAPTEGXnvOPPA/5HUJZjHl4Hu9eg/eYMTPJcc='"
    with pytest.raises(ValueError, match="would end it"):
        inlined.inline_script("'</SCRIPT>'")
    assert inlined.inline_script(inlined.plotly())


def test_a_factor_of_words_has_a_tick_for_each():
    factor = explore.factor_of(
        np.array([0.0, 2, 1, 0]), {"unit": "", "scale": "linear", "levels": ["pp", "mf", "ff"]}
    )
    assert factor["levels"] == ["pp", "mf", "ff"]
    assert factor["ticks"] == [0, 1, 2]
    assert factor["tick_places"] == [0, 0.5, 1]
