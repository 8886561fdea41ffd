"""A data set that cannot be made, or that the gate stops, costs its own part of the report alone."""

import os
from pathlib import Path

import pytest
import yaml
from conftest import FEW, ROOT, snakemake
from runs import planned, write_datasets

pytestmark = [pytest.mark.network, pytest.mark.environments("analysis"), pytest.mark.analyses(*FEW)]


@pytest.fixture(scope="module")
def broken(shared_clone, tmp_path_factory):
    """A clone after a run without espeak-ng of a strict data set, one of speech and a strict one with flaws,
    and the first of them."""
    programs = tmp_path_factory.mktemp("bin")
    for folder in os.environ["PATH"].split(os.pathsep):
        for program in Path(folder).iterdir() if Path(folder).is_dir() else ():
            if program.name != "espeak-ng" and not (programs / program.name).exists():
                (programs / program.name).symlink_to(program)
    small = yaml.safe_load((ROOT / "tests" / "small.yaml").read_text())["datasets"]
    plain = {"synthesizer": "additive", "N": 16, "sample_rate": 16000, "duration": 0.5, "strict": True}
    speech = {"synthesizer": "speech", "N": 8, "sample_rate": 16000, "duration": 1.5}
    flawed = small["small_grid"] | {"strict": True}
    words = write_datasets(shared_clone, plain=plain, spoken=speech, flawed=flawed)
    done = snakemake(shared_clone, *words, PATH=str(programs))
    assert done.returncode != 0
    return shared_clone, plain


def test_without_espeak_ng_only_speech_is_out(broken):
    clone, _ = broken
    page = (clone / "results" / "report.html").read_text()
    assert "<strong>Data set spoken</strong> could not be compared: synthesize failed." in page
    assert "speech: espeak-ng is not on PATH; install it (Debian: apt install espeak-ng" in page
    assert '<h2 id="data-plain">' in page


def test_a_strict_data_set_stops_at_the_gate(broken):
    clone, plain = broken
    assert not list((clone / "results" / "flawed" / "embeddings").glob("good.*"))
    page = (clone / "results" / "report.html").read_text()
    told = "<strong>Data set flawed</strong> could not be compared: check_sounds failed. the gate found"
    assert told in page
    assert '<h2 id="data-plain">' in page
    more_neighbors = write_datasets(clone, {"knn": {"K": 5}}, plain=plain)
    again = planned(clone, *more_neighbors)
    assert again["check_sounds"] == 1
    assert "embed" not in again
