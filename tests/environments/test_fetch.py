"""Fetching weights: whole and with the right digest, or not at all; resumed, and recorded."""

import hashlib
import json
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import pytest
import yaml
from conftest import FEW, ROOT, snakemake
from environments import fetch

CONTENT = bytes(range(256)) * 4096  # 1 MiB
DIGEST = hashlib.sha256(CONTENT).hexdigest()
BLOB = hashlib.sha1(b"blob %d\0" % len(CONTENT) + CONTENT).hexdigest()
REVISION = "0123456789abcdef0123456789abcdef01234567"


class Server(BaseHTTPRequestHandler):
    """Files by name: whole, broken off half-way, refused at first, or a hub model's.

    `asked` holds the path and the first byte of each request.
    """

    asked: ClassVar = []

    def do_HEAD(self):
        self.answer(body=False)

    def do_GET(self):
        self.answer()

    def answer(self, body=True):
        name = self.path.rsplit("/", 1)[1]
        start = int(self.headers.get("Range", "bytes=0-")[6:].split("-")[0]) if name != "hopeless" else 0
        seen = sum(path == self.path for path, _ in self.asked)
        if body:
            self.asked.append((self.path, start))
        if name == "absent" or (name == "busy" and seen == 0):
            self.send_error(404 if name == "absent" else 503)
            return
        if start >= len(CONTENT):
            self.send_response(416)
            self.send_header("Content-Range", f"bytes */{len(CONTENT)}")
            self.end_headers()
            return
        content = (b"<!doctype html>" + CONTENT)[start : len(CONTENT)] if name == "page" else CONTENT[start:]
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("ETag", '"e"')
        self.send_header("X-Repo-Commit", REVISION)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(CONTENT) - 1}/{len(CONTENT)}")
        self.end_headers()
        if body:
            half = name == "hopeless" or (name == "broken" and seen == 0)
            self.wfile.write(content[: len(content) // 2] if half else content)

    def log_message(self, *words):
        pass


@pytest.fixture
def address():
    Server.asked = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Server)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


@pytest.fixture
def secure(tmp_path, monkeypatch):
    """fetch.py on one entry, in a cache of its own. Returns the file's path and the receipt."""
    monkeypatch.setattr(fetch, "time", type("Clock", (), {"sleep": staticmethod(lambda seconds: None)}))
    monkeypatch.setenv("GEAR_CACHE", str(tmp_path))

    def call(name="file", **wanted):
        receipt = tmp_path / f"{name}.receipt.json"
        words = ["--wanted", json.dumps(wanted), "--name", name, "--receipt", receipt]
        fetch.main([str(word) for word in words])
        return tmp_path / name, json.loads(receipt.read_text())

    return call


# --- fetching --------------------------------------------------------------------------------------


def test_a_file_comes_whole_and_its_digest_is_checked(secure, address):
    path, receipt = secure(url=f"{address}/file", sha256=DIGEST, git_blob=BLOB)
    assert path.read_bytes() == CONTENT
    assert receipt["files"] == {"": DIGEST}
    assert not (path.parent / "weights.lock").exists()  # the digest is published: nothing to record


def test_a_broken_connection_is_resumed_where_it_broke(secure, address):
    path, _ = secure(url=f"{address}/broken", sha256=DIGEST)
    assert path.read_bytes() == CONTENT
    assert [start for _, start in Server.asked] == [0, len(CONTENT) // 2]


def test_a_server_that_always_breaks_off_is_given_up(secure, address):
    """It starts anew each time, so that no attempt brings anything new."""
    with pytest.raises(SystemExit, match="cannot be fetched"):
        secure(url=f"{address}/hopeless", sha256=DIGEST)
    assert len(Server.asked) == fetch.ATTEMPTS


@pytest.mark.parametrize("digest", [{}, {"sha256": DIGEST}])
def test_a_page_that_a_server_gives_is_told_and_not_recorded_as_the_file(secure, address, tmp_path, digest):
    with pytest.raises(SystemExit, match=r"what http://.*/page gives is a web page and not the file itself"):
        secure(url=f"{address}/page", **digest)
    assert [path.name for path in tmp_path.iterdir() if path.suffix != ".lock"] == []
    assert not (tmp_path / "weights.lock").exists()


def test_a_page_instead_of_a_file_is_refused(secure, tmp_path):
    (tmp_path / "file").write_text("<html>")
    with pytest.raises(SystemExit, match=r"\(6 bytes\), but it must be"):
        secure(url="http://127.0.0.1:9/file", sha256=DIGEST)


def test_a_cache_that_can_only_be_read_serves(secure, tmp_path):
    (tmp_path / "file").write_bytes(CONTENT)
    (tmp_path / "weights.lock").write_text(f"{DIGEST}  file\n")
    before = sorted(path.name for path in tmp_path.iterdir())
    secure(url="http://127.0.0.1:9/file")
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([*before, "file.receipt.json"])


def test_an_interrupted_fetch_goes_on_in_the_next_run(secure, address, tmp_path):
    (tmp_path / "file.part").write_bytes(CONTENT[:1000])
    path, _ = secure(url=f"{address}/file", sha256=DIGEST)
    assert path.read_bytes() == CONTENT
    assert [start for _, start in Server.asked] == [1000]


def test_a_busy_server_is_asked_again(secure, address):
    assert secure(url=f"{address}/busy", sha256=DIGEST)[0].read_bytes() == CONTENT


def test_a_wrong_digest_is_refused_and_the_file_thrown_away(secure, address, tmp_path):
    for wrong in ({"sha256": "0" * 64}, {"git_blob": "0" * 40}):
        with pytest.raises(SystemExit, match=r"but it must be 0000.*thrown away"):
            secure(url=f"{address}/file", **wrong)
    assert not (tmp_path / "file").exists()
    assert not (tmp_path / "file.part").exists()
    assert not (tmp_path / "file.receipt.json").exists()


def test_the_first_fetch_records_a_digest_that_later_ones_must_match(secure, address, tmp_path):
    path, _ = secure(url=f"{address}/file")
    assert (tmp_path / "weights.lock").read_text() == f"{DIGEST}  file\n"
    path.write_bytes(CONTENT[:-1])
    with pytest.raises(SystemExit, match=r"truncated or another file.*delete it"):
        secure(url=f"{address}/file")
    path.unlink()
    secure(url=f"{address}/file")
    assert (tmp_path / "weights.lock").read_text() == f"{DIGEST}  file\n"
    done = subprocess.run(["sha256sum", "--check", "weights.lock"], cwd=tmp_path, capture_output=True)
    assert done.returncode == 0


def test_a_file_put_by_hand_is_taken_if_it_is_right(secure, tmp_path):
    (tmp_path / "file").write_bytes(CONTENT)
    nowhere = "http://127.0.0.1:9/file"
    assert secure(url=nowhere, sha256=DIGEST)[1]["files"] == {"": DIGEST}
    with pytest.raises(SystemExit, match="truncated or another file"):
        secure(url=nowhere, sha256="0" * 64)


def test_without_a_network_the_sentence_says_what_is_wanted_from_where_and_where_to_put_it(secure, tmp_path):
    with pytest.raises(SystemExit) as raised:
        secure(url="http://127.0.0.1:9/some/file", sha256=DIGEST, size="37 MB")
    sentence = str(raised.value)
    for words in (
        "error: file (37 MB)",
        "http://127.0.0.1:9/some/file",
        "refused",
        f"put it at {tmp_path}/file",
    ):
        assert words in sentence


def test_what_the_server_does_not_have_is_not_asked_twice(secure, address):
    with pytest.raises(SystemExit, match="the server answers 404"):
        secure(url=f"{address}/absent")
    assert len(Server.asked) == 1


def test_a_hub_models_files_come_by_revision(secure, address, tmp_path, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", address)
    monkeypatch.setattr(
        "huggingface_hub.file_download.HUGGINGFACE_CO_URL_TEMPLATE",
        address + "/{repo_id}/resolve/{revision}/{filename}",
        raising=False,
    )
    files = {"config.json": None, "model.safetensors": DIGEST}
    path, receipt = secure("hub", hub="org/name", revision=REVISION, files=files)
    assert {file: (path / file).read_bytes() == CONTENT for file in files} == dict.fromkeys(files, True)
    assert receipt["files"] == dict.fromkeys(files, DIGEST)
    assert (tmp_path / "weights.lock").read_text() == f"{DIGEST}  hub/config.json\n"
    assert all(REVISION in asked for asked, _ in Server.asked)


# --- through the workflow --------------------------------------------------------------------------


@pytest.mark.network
@pytest.mark.environments("analysis")
@pytest.mark.analyses(*FEW)
def test_a_model_without_its_weights_is_not_available_and_the_others_go_on(clone, address):
    """A truncated file, a wrong digest and an unreachable address, beside a model that is well."""
    good = {"module": "adapters.faulty", "env": "analysis", "sample_rate": 16000}
    nowhere = "http://127.0.0.1:9/nowhere.pth"
    models = {
        "good": good | {"weights": {"url": f"{address}/file", "sha256": DIGEST}},
        "other_digest": good | {"weights": {"url": f"{address}/other", "sha256": "0" * 64}},
        "truncated": good | {"weights": {"url": f"{address}/cut", "sha256": DIGEST}},
        "unreachable": good | {"weights": {"url": nowhere, "sha256": DIGEST, "size": "1 MB"}},
    }
    small = yaml.safe_load((ROOT / "tests" / "small.yaml").read_text())
    small |= {"models": models, "run": {"datasets": ["small"], "models": list(models)}}
    (clone / "mine.yaml").write_text(yaml.safe_dump(small))
    cut = clone / "cache" / f"{address.split('://')[1].replace(':', '_')}" / "cut"
    cut.parent.mkdir(parents=True)
    cut.write_bytes(CONTENT[: len(CONTENT) // 2])  # as an aborted copy by hand leaves it
    done = snakemake(clone, "--configfile", "mine.yaml", GEAR_CACHE=str(clone / "cache"))
    assert done.returncode != 0
    page = (clone / "results" / "report.html").read_text()
    for model, sentence in {
        "other_digest": "but it must be 0000000",
        "truncated": "cut has the SHA-256 digest",
        "unreachable": "nowhere.pth (1 MB) cannot be fetched from http://127.0.0.1:9/nowhere.pth",
    }.items():
        assert f"<strong>{model}</strong> is not available" in page
        assert sentence in page
    assert (clone / "results" / "small" / "embeddings" / "good.npy").exists()
    assert not (clone / "results" / "small" / "embeddings" / "truncated.npy").exists()

    cut.unlink()  # what the sentence says
    ahead = snakemake(clone, "weights", "--configfile", "mine.yaml", GEAR_CACHE=str(clone / "cache"))
    assert ahead.returncode != 0
    assert cut.read_bytes() == CONTENT
    moved = clone / "moved"  # the cache is not part of a model: nothing is embedded anew
    (clone / "cache").rename(moved)
    again = snakemake(
        clone, "-n", "results/small/embeddings/good.npy", "--configfile", "mine.yaml", GEAR_CACHE=str(moved)
    )
    assert "Nothing to be done" in again.stdout
