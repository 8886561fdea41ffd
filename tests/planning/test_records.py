"""Each run has a record of its own; only a run that makes the report has the one that readers look at."""

import os
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml
from planning import failures, fan_in
from planning.places import RUN_CONFIG

LOG = "logs/embed/tones/mfcc.log"


@pytest.fixture
def folder(begun, tmp_path, monkeypatch):
    """A folder in which a run that makes the report began a minute ago."""
    (tmp_path / ".snakemake").mkdir()
    Path(RUN_CONFIG).write_text("first: run\n")
    minute_ago = time.time() - 60
    os.utime(RUN_CONFIG, (minute_ago, minute_ago))
    monkeypatch.setattr(failures, "record", Path(RUN_CONFIG))
    return begun


def run_of(*rules):
    return SimpleNamespace(
        dag=SimpleNamespace(jobs=[SimpleNamespace(rule=SimpleNamespace(name=rule)) for rule in rules])
    )


def test_a_run_beside_it_leaves_its_record_alone(folder):
    fan_in.begin(run_of("synthesize", "environment"), {"second": "run"}, False)
    assert Path(RUN_CONFIG).read_text() == "first: run\n"
    assert yaml.safe_load(Path(fan_in.OWN_RECORD).read_text()) == {"second": "run"}
    fan_in.forget()
    assert not Path(fan_in.OWN_RECORD).exists()


def test_a_run_that_makes_the_report_records_its_config(folder):
    fan_in.begin(run_of("synthesize", "report"), {"second": "run"}, False)
    assert yaml.safe_load(Path(RUN_CONFIG).read_text()) == {"second": "run"}
    assert not Path(fan_in.OWN_RECORD).exists()


def test_logs_count_from_the_beginning_of_the_run_that_is_asked_for(folder):
    log = folder(LOG, age=30)  # the first run wrote it, before the second one began
    assert failures.of_this_run(log) == log
    fan_in.begin(run_of("synthesize"), {"second": "run"}, False)
    assert failures.of_this_run(log) == ""
    Path(fan_in.UNFINISHED).touch()
    assert fan_in.unfinished(fan_in.UNFINISHED) == set()  # the first run's report
    assert failures.of_this_run(log) == log
    fan_in.forget()
