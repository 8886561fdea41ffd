"""Models that answer rubbish or do odd things: one sentence and no new files, or the right embeddings."""

import json
import multiprocessing
import os
import re
import runpy
import sys
from types import SimpleNamespace

import numpy as np
import pytest
import soundfile
from conftest import ROOT
from embed.delivered import Refused, deliver, sounds_had
from shared.logs import append_reason, reason

N, T = 24, 64


class Ended:
    """A job that ended: its status, what a user is told, and the files of its outputs afterwards."""

    def __init__(self, status, told, array, facts):
        self.status, self.told = status, told
        self.files = array.read_bytes(), facts.read_bytes()
        self.array = array


def sounds_of(n):
    """Noises float32 (n, T); the first sample of each says which it is: its number over 1000."""
    sounds = np.random.default_rng(1).uniform(-1, 1, (n, T)).astype(np.float32)
    sounds[:, 0] = np.arange(n) / 1000
    return sounds


def start(log, words):
    """Call a script as a rule does, its streams in a log. For a process of its own."""
    stream = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(stream, 1)
    os.dup2(stream, 2)
    os.close(stream)
    sys.stdin, sys.stdout, sys.stderr = (
        os.fdopen(i, mode, errors="backslashreplace", closefd=False) for i, mode in enumerate("rww")
    )
    sys.argv = ["workflow_scripts", "embed.embed", *words]
    runpy.run_path(str(ROOT / "workflow_scripts" / "__main__.py"), run_name="__main__")


@pytest.fixture
def job(tmp_path, monkeypatch):
    """Embed by tests/models/rubbish.py in a process of its own, beside earlier results. Returns Ended."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(ROOT / "tests" / "models"))
    drafts, log = tmp_path / ".mine.1", tmp_path / "mine.log"
    array, facts = tmp_path / "out" / "mine.npy", tmp_path / "out" / "mine.json"

    def call(fault, *words, n=N):
        for folder in (drafts, array.parent):
            folder.mkdir()
        array.write_text("earlier embeddings")
        facts.write_text("earlier facts")
        soundfile.write("audio.wav", sounds_of(n).ravel(), 16000, subtype="FLOAT")
        (tmp_path / "parameters.csv").write_text("sound\n" + "".join(f"{i}\n" for i in range(n)))
        options = json.dumps({"fault": fault, "folder": str(drafts)})
        line = ["--audio", "audio.wav", "--parameters", "parameters.csv", "--model", "mine"]
        line += [
            "--module",
            str(ROOT / "tests" / "models" / "rubbish.py"),
            "--sample-rate",
            "16000",
            "--options",
            options,
        ]
        line += ["--embeddings", str(drafts / array.name), "--facts", str(drafts / facts.name), *words]
        process = multiprocessing.get_context("fork").Process(target=start, args=(log, line))
        process.start()
        process.join(60)
        status = process.exitcode
        if status == 0:  # as embed.confined goes on
            try:
                deliver(drafts, [array, facts], {}, *sounds_had(line))
            except (Refused, SystemExit) as problem:
                status = 1
                append_reason(log, str(problem))
        return Ended(status, reason(log), array, facts)

    return call


SENTENCES = {
    "none": "returned NoneType, not a numpy.ndarray",
    "list": "returned list",
    "text": "returned str",
    "dict": "returned dict",
    "tuple": "returned tuple",
    "number": "returned float",
    "numpy number": "returned float32",
    "generator": "returned generator",
    "sparse": "returned Sparse",
    "class": "returned type",
    "complex": "returned dtype complex128, expected float32",
    "integers": "returned dtype int64",
    "booleans": "returned dtype bool",
    "objects": "returned dtype object",
    "decimals": "returned dtype object",
    "texts": "returned dtype <U32",
    "dates": r"returned dtype datetime64\[s\]",
    "records": r"returned shape \(6, 1\)|returned dtype \[",
    "float16": "returned dtype float16",
    "other byte order": "returned dtype >f4, expected float32",
    "float64": "returned dtype float64",
    "too large for float32": "returned dtype float64",
    "no rows": r"returned shape \(0, 4\), expected \(6, 4\)",
    "a row less": r"returned shape \(5, 4\)",
    "a row more": r"returned shape \(7, 4\)",
    "one row": r"returned shape \(1, 4\)",
    "no columns": "the model's scene_embedding_size is 0; the HEAR API wants a whole number above 0",
    "a column less": r"returned shape \(6, 3\)",
    "one-dimensional": r"returned shape \(6,\)",
    "flat": r"returned shape \(24,\)",
    "scalar array": r"returned shape \(\)",
    "three-dimensional": r"returned shape \(6, 1, 4\)",
    "transposed": r"returned shape \(4, 6\)",
    "other size by batch": r"returned shape \(24, 3\), expected \(24, 4\)",
    "nan": "values that are not finite",
    "one nan": "values that are not finite",
    "inf": "values that are not finite",
    "minus inf": "values that are not finite",
    "masked": "returned a masked array; return its values",
    "empty error": r"RuntimeError.*rubbish\.py:\d+",
    "mute error": r"Mute.*rubbish\.py:\d+",
    "foreign error": "RuntimeError: Größe паshт 大",
    "long error": r"RuntimeError: long long .*\.\.\.",
    "error of many lines": "RuntimeError: line line line line$",
    "error group": r"ExceptionGroup: several \(2 sub-exceptions\)",
    "key error": r"KeyError: 'embeddings' \(.*rubbish\.py:\d+",
    "assertion": r"AssertionError.*rubbish\.py:\d+",
    "stops": r"StopIteration.*rubbish\.py:\d+",
    "interrupt": "KeyboardInterrupt",
    "generator exit": "GeneratorExit",
    "exit 0": r"the module ended the job by sys.exit\(0\)",
    "exit none": r"the module ended the job by sys.exit\(0\)",
    "exit object": r"the module ended the job: \[\[",
    "leaves": "ended without an error message, with status 0, before it wrote its results",
    "leaves with 3": "ended without",
    "recursion": "RecursionError",
    "no memory": "MemoryError",
    "asks for a petabyte": "MemoryError: Unable to allocate",
    "saves nothing": "FileNotFoundError: .*mine",
    "raises without streams": "RuntimeError: nobody hears it",
    "model is none": "has no attribute sample_rate",
    "rate is text": "the model's sample_rate is '16000'; the HEAR API wants a number above 0",
    "rate is nan": "the model's sample_rate is nan",
    "size is text": "scene_embedding_size is '4'; the HEAR API wants a whole number above 0",
    "size is none": "scene_embedding_size is None",
    "size is a fraction": "scene_embedding_size is 4.0",
    "size is below 0": "scene_embedding_size is -1",
    "size is a method": "scene_embedding_size is <function",
    "size is an array": r"scene_embedding_size is array\(\[4, 4\]\)",
}


@pytest.mark.parametrize("fault", SENTENCES)
def test_a_faulty_answer_is_one_sentence_and_no_file(job, fault):
    ended = job(fault)
    assert ended.status not in (0, None)
    assert ended.files == (b"earlier embeddings", b"earlier facts")
    assert re.search(SENTENCES[fault], ended.told)
    assert "Traceback" not in ended.told
    assert "\n" not in ended.told
    assert len(ended.told) < 1000


WORKS = [
    "all equal",
    "zeros",
    "largest",
    "denormal",
    "matrix",
    "column order",
    "read-only",
    "wide",
    "narrow",
    "view of the sounds",
    "forks",
    "closes stdout",
    "replaces streams",
    "prints megabytes",
    "changes directory",
    "warnings are errors",
    "sets the locale",
    "random state",
    "thread",
    "low recursion",
    "deletes its folder",
    "no environment",
    "strands",
    "closes its descriptor",
    "allocates",
    "no path",
    "leaves a note",
    "rate is a fraction",
    "size is numpy's",
]


@pytest.mark.filterwarnings("ignore:the matrix subclass")
@pytest.mark.parametrize("fault", WORKS)
def test_what_is_odd_but_no_fault_gives_the_right_embeddings(job, fault):
    ended = job(fault)
    assert ended.status == 0
    import rubbish

    right = rubbish.get_scene_embeddings(sounds_of(N), SimpleNamespace(fault=fault))
    np.testing.assert_allclose(np.load(ended.array), right, rtol=1e-5)


def test_a_model_that_fails_at_the_900th_sound_leaves_earlier_results_whole(job):
    ended = job("late", n=1000)
    assert (ended.status, ended.told) == (1, "ValueError: this one is too loud")
    assert ended.files == (b"earlier embeddings", b"earlier facts")
