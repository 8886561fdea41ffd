"""Packages of one's own among requirements are found, and an edit of them changes their digest."""

from pathlib import Path

import pytest
from shared.local_packages import Local, local, local_digest


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package ./mypkg in the working directory; returns its module."""
    monkeypatch.chdir(tmp_path)
    module = tmp_path / "mypkg" / "mymodel" / "__init__.py"
    module.parent.mkdir(parents=True)
    module.write_text("GAIN = 1.0\n")
    (tmp_path / "mypkg" / "pyproject.toml").write_text("[project]\nname = 'mymodel'\n")
    (tmp_path / "x-1-py3-none-any.whl").touch()
    return module


@pytest.mark.parametrize(
    ("line", "path", "editable"),
    [
        ("./mypkg", "mypkg", False),
        ("../mypkg[torch, all]", "../mypkg", False),
        ("mypkg/", "mypkg", False),
        ("-e ./mypkg", "mypkg", True),
        ("-e mypkg  # mine", "mypkg", True),
        ("--editable=./mypkg", "mypkg", True),
        ("mymodel @ file:///a/my%20pkg", "/a/my pkg", False),
        ("file:///a/mypkg", "/a/mypkg", False),
        ("/a/mypkg ; python_version > '3.8'", "/a/mypkg", False),
        ("x-1-py3-none-any.whl", "x-1-py3-none-any.whl", False),
        ("-c /a/pins.txt", "/a/pins.txt", False),
    ],
)
def test_a_requirement_from_here_is_found(package, line, path, editable):
    assert local(line) == Local(Path(path), editable)


@pytest.mark.parametrize(
    "line",
    [
        "numpy",
        "opensmile==2.6.0",
        "torch>=2,<3 ; python_version > '3.8'",
        "git+https://github.com/a/b@main",
        "b @ git+https://github.com/a/b",
        "https://a.org/x.whl",
        "-e git+https://github.com/a/b#egg=b",
        "mypkg",  # pip takes a bare word for a name
        "--index-url https://a.org/simple",
        "--no-binary :all:",
        "",
    ],
)
def test_other_requirements_are_none(package, line):
    assert local(line) is None
    assert local_digest([line]) == ""


@pytest.mark.parametrize("line", ["./mypkg", "-e ./mypkg"])
def test_an_edit_is_seen_and_what_installing_leaves_is_not(package, line):
    before = local_digest(["numpy", line])
    assert before
    for left in ("build/lib/mymodel/__init__.py", "mymodel.egg-info/PKG-INFO", "mymodel/__pycache__/a.pyc"):
        (package.parents[1] / left).parent.mkdir(parents=True, exist_ok=True)
        (package.parents[1] / left).write_text("x")
    assert local_digest(["numpy", line]) == before
    package.write_text("GAIN = 9.0\n")
    assert local_digest(["numpy", line]) != before
    package.write_text("GAIN = 1.0\n")
    assert local_digest(["numpy", line]) == before
    (package.parent / "build").mkdir()
    (package.parent / "build" / "net.py").touch()  # a module of its own
    assert local_digest(["numpy", line]) != before


def test_only_an_editable_package_is_bound_to_its_place(package, tmp_path, monkeypatch):
    lines = {line: local_digest([line]) for line in ("./mypkg", "-e ./mypkg")}
    moved = tmp_path.parent / f"{tmp_path.name}_moved"
    tmp_path.rename(moved)
    monkeypatch.chdir(moved)
    assert local_digest(["./mypkg"]) == lines["./mypkg"]
    assert local_digest(["-e ./mypkg"]) != lines["-e ./mypkg"]


def test_a_package_that_is_the_clone_leaves_results_out(package, tmp_path):
    (tmp_path / "Snakefile").touch()
    before = local_digest(["."])
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / "scores.csv").touch()
    assert local_digest(["."]) == before
