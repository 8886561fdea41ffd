"""An interrupted run leaves what is done: models go in the order of the run, and the report shows them."""

import os
import signal
import subprocess
import time

import pandas
import pytest
import yaml
from conftest import PYTHON
from runs import write_config

ANALYSES = ["isomap", "trust", "knn"]
pytestmark = [
    pytest.mark.network,
    pytest.mark.environments("analysis"),
    pytest.mark.analyses(*ANALYSES),
]


def listens():
    """Let the process that is about to begin end at an interrupt, even where tests run in the background."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_an_interrupted_run_can_be_looked_at(clone):
    write_config(clone, {"second": "slow", "first": ""})
    config = yaml.safe_load((clone / "mine.yaml").read_text())
    config["run"]["models"] = ["first", "second"]
    (clone / "mine.yaml").write_text(yaml.safe_dump(config))
    nothing = subprocess.run([PYTHON, "workflow_scripts", "driver.report"], cwd=clone, capture_output=True)
    assert nothing.returncode != 0
    assert b"nothing has been run here yet" in nothing.stderr

    words = [PYTHON, "-m", "snakemake", "--cores", "1", "--configfile", "mine.yaml"]
    run = subprocess.Popen(
        words,
        cwd=clone,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        preexec_fn=listens,
        start_new_session=True,
    )
    log = clone / "logs" / "embed" / "small" / "second.log"
    while not (log.exists() and "loaded" in log.read_text()):
        assert run.poll() is None
        time.sleep(0.1)
    results = clone / "results" / "small"
    for analysis in ["neighbors", *ANALYSES]:  # all of the first model comes before the second
        assert list((results / analysis).glob("first.*")), analysis
    os.killpg(run.pid, signal.SIGINT)  # as a terminal does: its jobs hear it, too
    output = run.communicate()[0]
    assert run.returncode != 0
    assert "Interrupted. `make report` shows what is done so far" in output
    assert not (clone / "results" / "report.html").exists()

    shown = subprocess.run(
        [PYTHON, "workflow_scripts", "driver.report"], cwd=clone, text=True, capture_output=True
    )
    assert shown.returncode == 0, shown.stderr
    assert shown.stdout.rstrip().endswith("results/report.html")
    assert (clone / "results" / "report.html").exists()
    scores = pandas.read_csv(results / "scores.csv", keep_default_na=False)
    assert (scores[scores.model == "first"].state != "failed").all()
    [missing] = scores[scores.model == "second"].itertuples()
    assert (missing.analysis, missing.state) == ("embed", "failed")
