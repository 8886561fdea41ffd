"""A run that has begun, for tests of what it leaves behind."""

import os

from conftest import ROOT


def begin(folder, monkeypatch):
    """Make a folder the working directory of a run that has just begun; returns it."""
    monkeypatch.chdir(folder)
    (folder / "workflow_scripts").symlink_to(ROOT / "workflow_scripts")
    write(folder / "results" / "run_config.yaml")
    return folder


def write(path, text="", age=0):
    """Write a file, and its folder, as if `age` seconds ago."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    written = path.stat().st_mtime - age
    os.utime(path, (written, written))
