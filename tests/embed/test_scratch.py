"""Folders for temporary files: kept while their job runs, gone soon after it, however it ended."""

import multiprocessing
import os
import signal
import tempfile
import time

import pytest
from embed.confined import numba_folder
from embed.scratch import PREFIX, YOUNG, clear_abandoned, scratch_folder


@pytest.fixture
def temporary(tmp_path, monkeypatch):
    """The system's folder for temporary files."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def make_old(folder):
    os.utime(folder, (time.time() - 2 * YOUNG,) * 2)


def hold(told):
    """Hold a folder until the process is killed, and tell its path."""
    with scratch_folder() as folder:
        (folder / "sounds.raw").write_bytes(bytes(1000))
        told.send(folder)
        signal.pause()


@pytest.fixture
def holder(temporary):
    """A process that holds a folder, and the folder."""
    here, there = multiprocessing.Pipe()
    process = multiprocessing.get_context("fork").Process(target=hold, args=(there,), daemon=True)
    process.start()
    folder = here.recv()
    yield process, folder
    process.kill()


def test_a_folder_lives_as_long_as_its_job(temporary):
    with scratch_folder() as folder:
        (folder / "home").mkdir()
        assert folder.parent == temporary
    assert not folder.exists()


def test_the_folder_of_a_job_at_work_stays_however_old(holder):
    _, folder = holder
    make_old(folder)
    clear_abandoned()
    assert (folder / "sounds.raw").exists()


def test_what_a_killed_job_left_is_deleted_by_the_next_one(holder):
    process, folder = holder
    process.kill()
    process.join()
    assert folder.exists()
    make_old(folder)
    with scratch_folder() as other:
        assert not folder.exists()
        assert other.exists()


def test_what_is_young_or_of_another_name_stays(temporary):
    for name in (f"{PREFIX}young", "gear-other", "other"):
        (temporary / name).mkdir()
    make_old(temporary / "gear-other")
    make_old(temporary / "other")
    clear_abandoned()
    assert len(list(temporary.iterdir())) == 3


def test_a_link_is_not_followed(temporary, tmp_path_factory):
    mine = tmp_path_factory.mktemp("mine")
    (mine / "thesis.tex").write_text("years of work")
    (temporary / f"{PREFIX}trap").symlink_to(mine)
    os.utime(temporary / f"{PREFIX}trap", (0, 0), follow_symlinks=False)
    clear_abandoned()
    assert (mine / "thesis.tex").exists()


def test_a_folder_goes_however_deep_and_closed_what_lies_in_it_is(temporary):
    with scratch_folder() as folder:
        place = os.open(folder, os.O_RDONLY)
        for _ in range(1500):  # deeper than Python recurses
            os.mkdir("d", dir_fd=place)
            below = os.open("d", os.O_RDONLY, dir_fd=place)
            os.close(place)
            place = below
        os.close(place)
        (folder / "closed" / "inner").mkdir(parents=True)
        (folder / "closed").chmod(0)
    assert list(temporary.iterdir()) == []


def test_two_jobs_of_a_model_never_share_numbas_folder(tmp_path):
    one, other, compiled = (tmp_path / name for name in ("one", "other", "compiled"))
    compiled.mkdir()
    with numba_folder(compiled, one) as first, numba_folder(compiled, other) as second:
        assert (first, second.parents[1]) == (compiled / "numba", other)
    with numba_folder(compiled, other) as third:
        assert third == compiled / "numba"
