"""Listed files come whole and with their digest, and lie in a folder by their names."""

import csv

import pytest
from conftest import ROOT
from environments import fetch, fetch_files
from test_fetch import BLOB, CONTENT, Server, address  # noqa: F401


@pytest.fixture
def lay_out(tmp_path, monkeypatch, address):  # noqa: F811
    monkeypatch.setattr(fetch, "time", type("Clock", (), {"sleep": staticmethod(lambda seconds: None)}))
    monkeypatch.setenv("GEAR_CACHE", str(tmp_path / "cache"))

    def call(*rows):
        (tmp_path / "list.csv").write_text("\n".join(["path,git_blob", *rows]))
        words = [
            "--base",
            f"{address}/",
            "--list",
            str(tmp_path / "list.csv"),
            "--folder",
            str(tmp_path / "x"),
        ]
        fetch_files.main(words)
        return tmp_path / "x"

    return call


def test_listed_files_come_and_stay(lay_out):
    rows = [f"sounds/01.G#4 a.aiff,{BLOB}", f"matrix.txt,{BLOB}"]
    folder = lay_out(*rows)
    assert (folder / "sounds" / "01.G#4 a.aiff").read_bytes() == CONTENT
    assert (folder / "matrix.txt").read_bytes() == CONTENT
    asked = len(Server.asked)
    lay_out(*rows)
    assert len(Server.asked) == asked


def test_another_file_is_refused(lay_out, tmp_path):
    with pytest.raises(SystemExit, match=r"error: what http.*file gives has the git blob digest"):
        lay_out(f"file,{BLOB[::-1]}")
    assert not (tmp_path / "x").exists()


def test_a_file_that_does_not_come_is_told_with_a_cure(lay_out):
    with pytest.raises(
        SystemExit, match=r"error: absent cannot be fetched from .*; where there is a network, run"
    ):
        lay_out(f"absent,{BLOB}")


def test_the_list_of_timbre_has_each_sound_of_21_experiments_and_their_matrices():
    paths = [row["path"] for row in csv.DictReader((ROOT / "data/timbre/files.csv").read_text().splitlines())]
    sounds = [path.split("/")[1] for path in paths if path.startswith("sounds/")]
    assert len(sounds) == 334
    matrices = {f"true_dissim/{name}_dissimilarity_matrix.txt" for name in sounds}
    assert len(matrices) == 21
    assert matrices == {path for path in paths if path.startswith("true_dissim/")}
