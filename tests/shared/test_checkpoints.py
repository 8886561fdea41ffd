"""Files that stand where weights are expected and are none are told as what they are; weights are not."""

import io
import json
import struct
import zipfile

import numpy as np
import pytest
from embed.hear import Breach, guarded_pickles
from shared.checkpoints import HDF5, fault_of, faulty_file
from shared.weights import Refused, verified

LFS = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a2146\nsize 12345\n"


def archive():
    """A zip archive, as PyTorch writes checkpoints."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as file:
        file.writestr("archive/data.pkl", bytes(range(256)) * 40)
    return content.getvalue()


def safetensors(n=100):
    entry = {"dtype": "U8", "shape": [n], "data_offsets": [0, n]}
    header = json.dumps({"w": entry, "__metadata__": {}}).encode()
    return struct.pack("<Q", len(header)) + header + bytes(n)


def hdf5(version):
    """The superblock of an HDF5 file of 2,000 bytes, and zeros."""
    place = {0: 40, 1: 44}.get(version, 28)
    content = bytearray(HDF5 + bytes([version]) + bytes(1991))
    content[place : place + 8] = struct.pack("<Q", 2000)
    return bytes(content)


WRONG = {
    "w.pt": (b"", "is empty"),
    "w.bin": (LFS, "is a pointer of Git LFS .* run `git lfs pull`"),
    "w": (LFS, "is a pointer of Git LFS"),
    "w.dat": (LFS, "is a pointer of Git LFS"),
    "a.bin": (b"/annex/objects/SHA256E-s1--1.bin\n", "is a pointer of git-annex"),
    "w.pth": (b"\n<!DOCTYPE html>\n<html><title>Sign in</title>" + bytes(2000), "is a web page"),
    "w.ckpt": (b"\xef\xbb\xbf<HTML>quota exceeded</HTML>", "is a web page"),
    "w.h5": (b'{"error": "Repository not found"}', 'error message of a server.*"Repository not found"'),
    "config.json": (b'{"message": "Bad credentials", "status": "401"}', "message of a server.*Bad cred"),
    "w.npz": (b"<?xml version='1.0'?><Error><Code>Denied</Code></Error>", "message of a server.*Denied"),
    "w.onnx": (b"Entry not found", "is not weights but a few words: Entry not found"),
    "cut.pt": (archive()[:-50], "is cut short: it has .* bytes; fetch"),
    "w.safetensors": (safetensors()[:-1], r"is cut short: it has (\d+) bytes of \d+; fetch"),
    "head.safetensors": (safetensors()[:30], "is cut short: it has 30 bytes; fetch"),
    "cut.h5": (hdf5(0)[:-1], "is cut short: it has 1999 bytes of 2000"),
    "cut1.h5": (hdf5(1)[:-1], "is cut short"),
    "cut2.hdf5": (hdf5(2)[:100], "is cut short"),
}
RIGHT = {
    "w.pt": archive(),
    "w.safetensors": safetensors(),
    "w.h5": hdf5(0),
    "w2.h5": hdf5(3),
    "config.json": b'{"hidden_size": 768, "message": "hi"}',
    "w.json": b'{"model": 1}',
    "vocab.txt": b"a b c",
    "w.yaml": b"a: 1",
    "page.html": b"<html></html>",
    "legacy.pt": b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02",
    "w.bin": bytes(range(256)),
    "model.xml": b"<?xml version='1.0'?><net/>",
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_no_weights_is_told(tmp_path, name):
    content, sentence = WRONG[name]
    (tmp_path / name).write_bytes(content)
    with pytest.raises(Refused, match=f"{name} .*{sentence}"):
        verified({"path": str(tmp_path / name)})


@pytest.mark.parametrize("name", RIGHT)
def test_weights_are_taken(tmp_path, name):
    (tmp_path / name).write_bytes(RIGHT[name])
    assert fault_of(tmp_path / name) == ""
    assert verified({"path": str(tmp_path)})  # in a folder, too


def test_a_file_of_a_folder_is_named(tmp_path):
    (tmp_path / "variables").mkdir()
    (tmp_path / "variables" / "v.bin").write_bytes(LFS)
    with pytest.raises(Refused, match=r"variables/v\.bin is a pointer"):
        verified({"path": str(tmp_path)})


def unpickle(path):
    import pickle

    with open(path, "rb") as file:
        pickle.load(file)


@pytest.mark.parametrize("load", [unpickle, np.load], ids=["pickle", "numpy"])
@pytest.mark.parametrize("name", ["w.pt", "w.bin", "w.dat", "w.pth", "w.onnx", "cut.pt"])
def test_the_file_that_a_loader_failed_at_is_told_and_not_to_be_trusted(tmp_path, load, name):
    """Whatever the loader says: it is found among what the code had in hand."""
    (tmp_path / name).write_bytes(WRONG[name][0])
    with pytest.raises(Breach, match=f"{name} {WRONG[name][1]}") as raised, guarded_pickles(False):
        load(str(tmp_path / name))
    assert "trust" not in str(raised.value)


@pytest.mark.parametrize(
    ("words", "trust"),
    [
        ("Weights only load failed\n\tUnsupported global: GLOBAL a.b was not allowed. Please", True),
        ("Weights only load failed\n\tTrying to call reduce for unrecognized function <f>", True),
        ("Re-run with weights_only=False\nWeightsUnpickler error: Unsupported operand 118", False),
        ("pickle data was truncated", False),
    ],
)
def test_only_a_pickle_of_more_than_tensors_may_be_trusted(words, trust):
    import pickle

    with pytest.raises(Breach) as raised, guarded_pickles(False):
        raise pickle.UnpicklingError(words)
    assert ("trust_pickle: true" in str(raised.value)) == trust
    assert "weights_only=False" not in str(raised.value)


@pytest.mark.parametrize("content", [b"\xff" * 2000, b"\x80\x02"])
def test_a_damaged_file_is_named(tmp_path, content):
    (tmp_path / "w.pt").write_bytes(content)
    with pytest.raises(Breach, match=r"w\.pt is no checkpoint, or a damaged one"), guarded_pickles(False):
        unpickle(tmp_path / "w.pt")


def test_an_empty_file_that_is_no_weights_is_no_cause(tmp_path):
    (tmp_path / "w.lock").touch()
    with pytest.raises(RuntimeError), guarded_pickles(False):
        fail(tmp_path / "w.lock")


def fail(path):
    raise RuntimeError(f"sizes differ in {path}")


def test_other_failures_stay_what_they_are(tmp_path):
    (tmp_path / "w.pt").write_bytes(archive())
    with pytest.raises(RuntimeError, match="sizes differ") as raised, guarded_pickles(False):
        fail(tmp_path / "w.pt")
    assert faulty_file(raised.value) is None
