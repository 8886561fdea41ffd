"""What was damaged since it was made is found before the next run and made anew; the rest is left alone."""

import base64
import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from conftest import PYTHON, ROOT
from driver import damage
from shared.files import Damaged, checked, keep_digest, recorded_digest, written_whole

RESULT = Path("results/tones/embeddings/crepe.npy")
FLIPPED = b"\x00\x01\x02\x13\x04"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with one result."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GEAR_CACHE", raising=False)
    write(RESULT, b"\x00\x01\x02\x03\x04")
    return tmp_path


def write(path, content):
    with written_whole(path) as draft:
        draft.write_bytes(content)


def damaged(path, content):
    """Change a file without a trace in its size or time of modification."""
    stat = path.stat()
    path.write_bytes(content)
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))


def marked():
    """Names of the results that Snakemake will take for incomplete."""
    files = (path for path in Path(".snakemake/incomplete").rglob("*") if path.is_file())
    names = ("".join(path.relative_to(".snakemake/incomplete").parts).replace("@", "") for path in files)
    return {base64.urlsafe_b64decode(name).decode() for name in names}


def test_a_flipped_byte_of_a_result_is_found_and_the_result_is_made_anew(folder):
    assert list(damage.clear()) == []
    damaged(RESULT, FLIPPED)
    (sentence,) = damage.clear()
    assert str(RESULT) in sentence
    assert str(RESULT) in marked()
    write(RESULT, b"\x00\x01\x02\x03\x04")
    assert list(damage.clear()) == []


def test_a_damaged_result_is_not_read(folder):
    assert checked(RESULT) == RESULT
    damaged(RESULT, FLIPPED)
    with pytest.raises(Damaged, match=str(RESULT)):
        checked(RESULT)


def test_no_job_reads_a_damaged_result(folder):
    damaged(RESULT, FLIPPED)
    words = ["embed.control", "--parameters", RESULT, "--factors", "{}", "--control", "chance"]
    call = [sys.executable, ROOT / "workflow_scripts", *words, "--embeddings", "a.npy", "--facts", "a.json"]
    done = subprocess.run(call, text=True, capture_output=True)
    assert done.returncode == 1
    assert f"error: {RESULT} is damaged" in done.stderr
    assert not Path("a.npy").exists()


def test_a_damaged_result_may_be_what_a_run_is_to_make(folder):
    damaged(RESULT, FLIPPED)
    call = [PYTHON, ROOT / "workflow_scripts", "driver.config_files", RESULT]
    assert subprocess.run(call).returncode == 0


def test_what_a_job_drafts_leaves_no_digest_until_it_has_come_to_its_place(folder):
    draft = Path("results/tones/layers/.crepe.123/0.npy")
    write(draft, b"1234")
    assert list(damage.clear()) == []
    assert recorded_digest(draft) == ""
    draft.parent.rename("results/tones/layers/crepe")
    keep_digest(Path("results/tones/layers/crepe"))
    damaged(Path("results/tones/layers/crepe/0.npy"), b"1235")
    assert len(list(damage.clear())) == 1
    assert "results/tones/layers/crepe" in marked()  # the output of the rule is the folder


def test_a_result_that_was_written_by_hand_is_whole(folder):
    write(RESULT, FLIPPED)
    assert list(damage.clear()) == []


def test_a_copy_of_all_results_is_whole(folder):
    shutil.copytree("results", "copy")
    shutil.rmtree("results")
    shutil.move("copy", "results")
    assert list(damage.clear()) == []


def test_long_names_have_markers_that_snakemake_reads(folder):
    path = Path("results", "t" * 200, "embeddings", "m" * 100 + ".npy")
    write(path, b"1234")
    damaged(path, b"1235")
    assert len(list(damage.clear())) == 1
    assert str(path) in marked()
    assert max(len(part.name) for part in Path(".snakemake/incomplete").rglob("*")) <= 255


def test_a_digest_that_a_full_disk_cut_short_condemns_nothing(folder):
    Path("results/.digests/tones/embeddings/crepe.npy").write_text("")
    assert list(damage.clear()) == []
    assert checked(RESULT) == RESULT


def test_damaged_weights_are_set_aside_so_that_they_are_fetched_anew(folder):
    weights = Path("resources/weights/host/net.pt")
    weights.parent.mkdir(parents=True)
    weights.write_bytes(b"weights")
    receipt = Path("resources/receipts/host/net.pt.json")
    receipt.parent.mkdir(parents=True)
    receipt.write_text(json.dumps({"files": {"": hashlib.sha256(b"weights").hexdigest()}}))
    assert list(damage.clear()) == []
    damaged(weights, b"weighty")
    (sentence,) = damage.clear()
    assert "fetched anew" in sentence
    assert not weights.exists()
    assert not receipt.exists()
    assert weights.with_name("net.pt.damaged").read_bytes() == b"weighty"


@pytest.fixture
def environment(folder):
    """An environment with one package of one module."""
    prefix = Path("resources/environments/analysis")
    package = prefix / "lib/python3.11/site-packages/thing.py"
    info = package.parent / "thing-1.dist-info"
    info.mkdir(parents=True)
    package.write_text("ANSWER = 42\n")
    digest = base64.urlsafe_b64encode(hashlib.sha256(package.read_bytes()).digest()).decode().rstrip("=")
    (info / "RECORD").write_text(f"thing.py,sha256={digest},12\nthing-1.dist-info/RECORD,,\n")
    (prefix / "bin").mkdir()
    (prefix / "bin" / "python").symlink_to(sys.executable)
    (prefix / "complete").touch()
    (prefix / "requirements.lock").touch()
    (package.parent / "later.pyc").touch()  # Python compiles when it imports
    assert list(damage.clear()) == []
    return prefix


def test_an_environment_with_a_changed_package_is_built_anew(environment):
    damaged(environment / "lib/python3.11/site-packages/thing.py", b"ANSWER = 43\n")
    (sentence,) = damage.clear()
    assert "thing.py" in sentence
    assert "built anew" in sentence
    assert not (environment / "complete").exists()
    assert not (environment / "requirements.lock").exists()


def test_an_environment_whose_python_is_gone_is_built_anew(environment):
    python = environment / "bin" / "python"
    python.unlink()
    python.symlink_to("/opt/python-3.11.2/bin/python3.11")
    (sentence,) = damage.clear()
    assert sentence.startswith(f"{python} leads to /opt/python-3.11.2/bin/python3.11, which cannot be run: ")
    assert not (environment / "complete").exists()


def test_files_of_the_future_get_the_present_time_in_their_order(folder, monkeypatch):
    monkeypatch.setattr(damage, "HOME", folder)
    paths = [Path("results/tones/sounds/audio.wav"), RESULT, Path("results/tones/knn/crepe.csv")]
    for path in paths:
        write(path, b"1234")
    old = Path("results/tones/sounds/old.csv")
    write(old, b"1234")
    os.utime(old, (1000, 1000))
    tomorrow = time.time() + 86400
    for seconds, path in enumerate(paths):
        os.utime(path, (tomorrow + seconds, tomorrow + seconds))
    (sentence,) = damage.clear()
    assert "3 files were of the future" in sentence
    times = [path.stat().st_mtime_ns for path in [old, *paths]]
    assert times == sorted(set(times))
    assert times[-1] <= time.time_ns()
    assert list(damage.clear()) == []
