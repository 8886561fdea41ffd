"""The files that a table lists: found however their names are spelled, and every fault told."""

import unicodedata

import pytest
from shared.listed_files import found, listed_files

COMPOSED, APART = (unicodedata.normalize(form, "höhe") for form in ("NFC", "NFD"))


def file_faults(names, folder):
    return listed_files(names, folder)[1]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder `wav` of two files in the working directory, which is the home folder, too."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("a.wav", "sub/b.flac"):
        path = tmp_path / "wav" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    return tmp_path / "wav"


@pytest.mark.parametrize(("there", "listed"), [(COMPOSED, APART), (APART, COMPOSED)])
def test_a_name_may_have_either_unicode_form(folder, there, listed):
    (folder / there).mkdir()
    for name in (COMPOSED, APART):
        (folder / there / f"{name}.wav").write_bytes(b"x")
        assert found(f"{listed}/{name}.wav", "wav").samefile(folder / there / f"{name}.wav")
        (folder / there / f"{name}.wav").unlink()


def test_a_name_may_have_backslashes_braces_and_a_tilde(folder):
    (folder / "{x}.wav").write_bytes(b"x")
    (folder / r"c\d.wav").write_bytes(b"x")  # as it stands
    assert file_faults(["a.wav", r"sub\b.flac", "{x}.wav", r"c\d.wav"], "wav") == []
    assert file_faults(["~/wav/a.wav", "sub/b.flac", "{x}.wav", r"c\d.wav"], "~/wav") == []


def test_a_folder_that_is_not_there_is_one_fault(folder):
    names = [f"{i}.wav" for i in range(500)]
    assert file_faults(names, "nowhere") == ["the folder nowhere does not exist"]
    assert file_faults(names, "wav/a.wav") == ["wav/a.wav is a file, not a folder"]
    assert file_faults(names, "wav") == ["none of the 500 files, such as 0.wav, is in the folder wav"]


def test_files_that_other_systems_hide_do_not_count(folder):
    for name in (
        "._a.wav",
        ".hidden.wav",
        "__MACOSX/._a.wav",
        "__MACOSX/x.wav",
        ".Trash-0/y.wav",
        "@eaDir/a.wav",
    ):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(b"x")
    for name in (".DS_Store", "Thumbs.db", "desktop.ini", "notes.txt"):
        (folder / name).write_bytes(b"x")
    (folder / "gone.wav").symlink_to("nothing")
    assert file_faults(["a.wav", "sub/b.flac"], "wav") == []
    (fault,) = file_faults(["a.wav", "._a.wav", "sub/b.flac"], "wav")
    assert fault.startswith("._a.wav is no sound, but what macOS keeps beside a file")


def test_every_other_fault_is_told(folder):
    (folder / "new.WAV").write_bytes(b"x")
    assert file_faults(["A.wav", "a.wav", "sub", "./a.wav", "a.wav"], "wav") == [
        "A.wav cannot be read: it does not exist (a.wav does)",
        "sub cannot be read: it is a folder",
        "./a.wav is listed twice, also as a.wav",
        "a.wav is listed twice",
        "new.WAV has no row",
        "sub/b.flac has no row",
    ]
