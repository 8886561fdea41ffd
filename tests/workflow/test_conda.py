"""Environments of conda instead of virtual ones."""

import os

import pytest
from conftest import ROOT, jobs, snakemake
from helpers import ANALYSES, write_config

pytestmark = pytest.mark.network


def test_conda_wiring_on_a_stand_in(clone):
    """The same files under --sdm conda, with a stand-in `conda` that links built environments."""
    words = write_config(clone, {"good": ""})
    (clone / "config.yaml").write_text((clone / "mine.yaml").read_text() + ANALYSES)
    path = f"{ROOT / 'tests' / 'conda' / 'bin'}{os.pathsep}{os.environ['PATH']}"
    done = snakemake(clone, *words, "--sdm", "conda", PATH=path, GEAR_CLONE=str(clone))
    assert done.returncode == 0, done.stdout[-3000:]
    assert "environment" not in jobs(done.stdout)
    assert "Activating conda environment" in done.stdout
    again = snakemake(clone, *words, "--sdm", "conda", PATH=path, GEAR_CLONE=str(clone))
    assert "Nothing to be done" in again.stdout
