"""Style: ruff and snakefmt find nothing."""

import subprocess
import sys
from pathlib import Path

from conftest import ROOT


def silent(*command):
    done = subprocess.run(command, cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert done.returncode == 0, done.stdout


def test_ruff():
    silent(sys.executable, "-m", "ruff", "check", ".")
    silent(sys.executable, "-m", "ruff", "format", "--check", ".")


def test_snakefmt():
    silent(str(Path(sys.executable).with_name("snakefmt")), "--check", "Snakefile", "rules")
