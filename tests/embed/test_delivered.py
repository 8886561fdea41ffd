"""What a job may leave in its folder, taken over or refused: nothing raises anything else."""

import json
import os
import shutil
import struct

import numpy as np
import pytest
from embed.delivered import FACTS, OF_ALL_SOUNDS, TEXTS, Refused, deliver

N, D = 8, 4
HEADER = f"{{'descr': '<f4', 'fortran_order': False, 'shape': ({N}, {D}), }}"


def example(kind):
    """A value of a kind."""
    if kind is TEXTS:
        return {"name": "text"}
    if isinstance(kind, dict):
        return {key: example(kind[key]) for key in kind}
    first = kind if isinstance(kind, type) else kind[0]
    return {str: "text", int: 4, bool: True}[first]


FACTS_OF_JOB = example(FACTS | OF_ALL_SOUNDS) | {"N": N, "D": D}
TEXT = json.dumps(FACTS_OF_JOB)


@pytest.fixture
def drafts(tmp_path):
    """What a job made: an array, its facts and a folder without layers."""
    folder = tmp_path / "drafts"
    (folder / "mine").mkdir(parents=True)
    np.save(folder / "mine.npy", np.zeros((N, D), np.float32))
    (folder / "mine.json").write_text(TEXT)
    return folder


@pytest.fixture
def delivered(drafts, tmp_path):
    """Take it over. Returns the facts."""

    def call():
        outputs = [tmp_path / name for name in ("mine.npy", "mine.json", "mine")]
        deliver(drafts, outputs, {"task": "none"}, N, True)
        return json.loads(outputs[1].read_text())

    return call


def test_facts_that_nobody_reads_are_left_out(drafts, delivered):
    nested = "[" * 900 + "]" * 900
    (drafts / "mine.json").write_text(f'{TEXT[:-1]}, "shards": "<script>", "nested": {nested}}}')
    assert delivered() == FACTS_OF_JOB | {"task": "none"}


@pytest.mark.parametrize(
    ("known", "other"),
    [
        ('"seconds": 4', '"seconds": 1e999'),
        ('"seconds": 4', f'"seconds": 1{"0" * 4000}'),
        ('"seconds": 4', f'"seconds": 1{"0" * 5000}'),
        ('"device": "text"', '"device": "\\ud800"'),
        ('"packages": {"name"', '"packages": {"\\udc80"'),
        ('"marks":', '"no marks":'),
        (f'"N": {N}', '"N": 9'),
        (f'"N": {N}, "D": {D}', f'"N": {-N}, "D": {-D}'),
        *((TEXT, "[" * depth + "]" * depth) for depth in range(900, 1000, 5)),
    ],
)
def test_facts_that_would_stop_the_report_are_refused(drafts, delivered, known, other):
    assert known in TEXT
    (drafts / "mine.json").write_text(TEXT.replace(known, other))
    with pytest.raises(Refused, match="facts"):
        delivered()


@pytest.mark.parametrize(
    "header",
    [
        HEADER.replace("8", "8.0"),
        HEADER.replace("False", "0"),
        HEADER.replace("}", "'more': 1}"),
        "-" * 9000 + "1",
        "(" * 9000,
        "[1]",
    ],
)
def test_headers_that_numpy_does_not_read_are_refused(drafts, delivered, header):
    start = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header))
    (drafts / "mine.npy").write_bytes(start + header.encode() + bytes(4 * N * D))
    with pytest.raises(Refused):
        delivered()


def test_a_file_of_another_kind_with_the_header_of_an_array_is_refused(drafts, delivered):
    whole = (drafts / "mine.npy").read_bytes()
    (drafts / "mine.npy").write_bytes(b"PK\x03\x04" + whole[4:])
    with pytest.raises(Refused):
        delivered()


def folder_for_array(drafts):
    """Its facts would go unread."""
    (drafts / "mine.npy").unlink()
    (drafts / "mine.npy").mkdir()
    (drafts / "mine.json").write_text("no facts")


def file_for_folder(drafts):
    (drafts / "mine").rmdir()
    (drafts / "mine").write_text("no layers")


def link_for_folder(drafts):
    (drafts / "mine").rmdir()
    (drafts / "mine").symlink_to("/etc")


def pipe_for_facts(drafts):
    (drafts / "mine.json").unlink()
    os.mkfifo(drafts / "mine.json")


def second_name(drafts):
    os.link(drafts / "mine.npy", drafts / "mine" / "0.npy")
    shutil.copy(drafts / "mine.json", drafts / "mine" / "0.json")


def odd_name(drafts):
    """The terminal would be told another title."""
    shutil.copy(drafts / "mine.npy", drafts / "mine" / "\x1b]0;x\x07.npy")
    shutil.copy(drafts / "mine.json", drafts / "mine" / "\x1b]0;x\x07.json")


def name_of_bytes(drafts):
    shutil.copy(drafts / "mine.npy", os.fsencode(drafts / "mine") + b"/\xff.npy")
    shutil.copy(drafts / "mine.json", os.fsencode(drafts / "mine") + b"/\xff.json")


@pytest.mark.parametrize(
    "change",
    [
        folder_for_array,
        file_for_folder,
        link_for_folder,
        pipe_for_facts,
        second_name,
        odd_name,
        name_of_bytes,
    ],
)
def test_files_of_another_kind_are_refused(drafts, delivered, tmp_path, change):
    try:
        change(drafts)
    except OSError as problem:  # a name that the file system does not take
        pytest.skip(str(problem))
    with pytest.raises(Refused):
        delivered()
    assert not (tmp_path / "mine.json").exists()


@pytest.mark.skipif(os.getuid() == 0, reason="root reads all files")
@pytest.mark.parametrize("name", ["mine.npy", "mine.json", "mine"])
def test_what_cannot_be_read_is_refused(drafts, delivered, name):
    (drafts / name).chmod(0)
    with pytest.raises(Refused):
        delivered()


def test_an_array_wider_than_any_embedding_is_refused(drafts, delivered):
    """It fills no disk, because it holds nothing, but reading it would take days."""
    wide = 10**9
    (drafts / "mine.json").write_text(TEXT.replace(f'"D": {D}', f'"D": {wide}'))
    header = HEADER.replace(f"{D})", f"{wide})").encode()
    start = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header
    (drafts / "mine.npy").write_bytes(start)
    os.truncate(drafts / "mine.npy", len(start) + 4 * N * wide)
    with pytest.raises(Refused, match="not the array"):
        delivered()
