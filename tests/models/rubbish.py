"""A HEAR model for tests that answers rubbish, or does odd things: its option `fault` says which."""

import decimal
import io
import locale
import os
import random
import shutil
import sys
import threading
import time
import types
import warnings
from pathlib import Path

import numpy as np

SIZE = 4


class Sparse:
    """Looks like an array, but has to be asked for its values."""

    def __init__(self, right):
        self.shape, self.dtype, self.toarray = right.shape, right.dtype, lambda: right


class Mute(Exception):
    def __str__(self):
        raise RuntimeError("no words for it")


def raised(problem):
    raise problem


# What is answered instead of the right embeddings, float32 (n, SIZE). They are made anew at each call.
ANSWERS = {
    "none": lambda right: None,
    "list": lambda right: right.tolist(),
    "text": lambda right: "embeddings",
    "dict": lambda right: {"embeddings": right},
    "tuple": lambda right: (right, right),
    "number": lambda right: 0.5,
    "numpy number": lambda right: right.sum(),
    "generator": lambda right: (row for row in right),
    "sparse": Sparse,
    "class": lambda right: np.ndarray,
    "complex": lambda right: right.astype(complex),
    "integers": lambda right: right.astype(int),
    "booleans": lambda right: right > 0,
    "objects": lambda right: right.astype(object),
    "decimals": lambda right: np.array([[decimal.Decimal(1)] * SIZE] * len(right)),
    "texts": lambda right: right.astype(str),
    "dates": lambda right: right.astype(int).astype("datetime64[s]"),
    "records": lambda right: right.view([(name, np.float32) for name in "abcd"]),
    "float16": lambda right: right.astype(np.float16),
    "float64": lambda right: right.astype(np.float64),
    "too large for float32": lambda right: right.astype(np.float64) * 1e300,
    "other byte order": lambda right: right.astype(">f4"),
    "no rows": lambda right: right[:0],
    "a row less": lambda right: right[:-1],
    "a row more": lambda right: np.concatenate([right, right[:1]]),
    "one row": lambda right: right.mean(axis=0, keepdims=True),
    "no columns": lambda right: right[:, :0],
    "a column less": lambda right: right[:, :-1],
    "one-dimensional": lambda right: right[:, 0],
    "flat": lambda right: right.ravel(),
    "scalar array": lambda right: np.array(np.float32(1)),
    "three-dimensional": lambda right: right[:, None],
    "transposed": lambda right: right.T,
    "other size by batch": lambda right: right if len(right) < 16 else right[:, 1:],
    "nan": lambda right: right * np.float32(np.nan),
    "one nan": lambda right: np.where(np.arange(right.size).reshape(right.shape) == 1, np.nan, right).astype(
        "f4"
    ),
    "inf": lambda right: right + np.float32(np.inf),
    "minus inf": lambda right: np.log(right * 0),
    "masked": lambda right: np.ma.masked_array(right, mask=right > right.mean()),
    "empty error": lambda right: raised(RuntimeError()),
    "mute error": lambda right: raised(Mute()),
    "foreign error": lambda right: raised(RuntimeError("Größe паshт 大 \udcff\x1b[31m\x00")),
    "long error": lambda right: raised(RuntimeError("long " * 200_000)),
    "error of many lines": lambda right: raised(RuntimeError("line\n" * 200_000)),
    "error group": lambda right: raised(ExceptionGroup("several", [ValueError("one"), KeyError("two")])),
    "key error": lambda right: {}["embeddings"],
    "assertion": lambda right: raised(AssertionError()),
    "stops": lambda right: raised(StopIteration()),
    "interrupt": lambda right: raised(KeyboardInterrupt()),
    "generator exit": lambda right: raised(GeneratorExit()),
    "exit 0": lambda right: sys.exit(0),
    "exit none": lambda right: sys.exit(),
    "exit object": lambda right: sys.exit(right),
    "leaves": lambda right: os._exit(0),
    "leaves with 3": lambda right: os._exit(3),
    "recursion": lambda right: ANSWERS["recursion"](right),
    "no memory": lambda right: raised(MemoryError()),
    "asks for a petabyte": lambda right: np.zeros(10**15, np.uint8),
    "all equal": lambda right: np.ones_like(right),
    "zeros": np.zeros_like,
    "largest": lambda right: right / right.max(axis=1, keepdims=True) * np.float32(3.4e38),
    "denormal": lambda right: (right * np.float32(1e-42)).astype(np.float32),
    "matrix": np.asmatrix,
    "column order": np.asfortranarray,
    "read-only": lambda right: np.broadcast_to(right, right.shape),
    "wide": lambda right: np.tile(right, 25_000),
    "narrow": lambda right: right[:, :1],
}
SIZES = {"wide": 100_000, "narrow": 1, "no columns": 0}


def left_without_streams():
    sys.stdout = sys.stderr = io.StringIO()
    sys.stderr.close()
    raise RuntimeError("nobody hears it")


def streams_replaced():
    sys.stdout = sys.stderr = None


def printed():
    for _ in range(64):
        print("megabytes " * 10_000)
    print("without an end", end="")


def moved():
    os.mkdir("elsewhere")
    os.chdir("elsewhere")


def stranded():
    """The working directory is one that is gone."""
    moved()
    os.rmdir("../elsewhere")


def warned():
    warnings.simplefilter("error")
    np.seterr(all="raise")


def localized():
    locale.setlocale(locale.LC_ALL, "C")
    os.environ["LC_ALL"] = "xx_YY"


def random_state():
    np.random.seed(0)
    random.seed(0)


def threaded():
    threading.Thread(target=time.sleep, args=(600,), daemon=True).start()


def patched():
    np.save = lambda *words, **named: None


DEEDS = {
    "forks": os.fork,
    "closes stdout": lambda: sys.stdout.close(),
    "closes its descriptor": lambda: os.close(1),
    "raises without streams": left_without_streams,
    "replaces streams": streams_replaced,
    "prints megabytes": printed,
    "changes directory": moved,
    "strands": stranded,
    "warnings are errors": warned,
    "sets the locale": localized,
    "random state": random_state,
    "thread": threaded,
    "saves nothing": patched,
    "low recursion": lambda: sys.setrecursionlimit(200),
    "allocates": lambda: np.ones(2**26, np.uint8).sum(),
    "no environment": os.environ.clear,
    "no path": sys.path.clear,
}
STATES = {  # of the model that load_model gives
    "rate is text": {"sample_rate": "16000"},
    "rate is a fraction": {"sample_rate": 16000.0},
    "rate is nan": {"sample_rate": float("nan")},
    "size is text": {"scene_embedding_size": "4"},
    "size is none": {"scene_embedding_size": None},
    "size is a fraction": {"scene_embedding_size": 4.0},
    "size is numpy's": {"scene_embedding_size": np.int64(4)},
    "size is below 0": {"scene_embedding_size": -1},
    "size is a method": {"scene_embedding_size": lambda: 4},
    "size is an array": {"scene_embedding_size": np.array([4, 4])},
}


def load_model(model_file_path="", fault="", folder=""):
    if fault in DEEDS:
        DEEDS[fault]()
    if fault == "deletes its folder":
        shutil.rmtree(folder)
    if fault == "leaves a note":
        Path(folder, "note.txt").write_text("hello")
    if fault == "model is none":
        return None
    stated = {"sample_rate": 16000, "scene_embedding_size": SIZES.get(fault, SIZE)} | STATES.get(fault, {})
    return types.SimpleNamespace(**stated, fault=fault)


def get_scene_embeddings(audio, model):
    """Mean magnitudes of quarters of a sound: right, but for the fault."""
    if model.fault == "view of the sounds":
        return audio[:, :SIZE]
    if model.fault == "late" and (np.abs(audio[:, 0] - 0.9) < 1e-5).any():
        raise ValueError("this one is too loud")
    quarters = np.array_split(np.abs(audio), SIZE, axis=1)
    right = np.stack([quarter.mean(axis=1) for quarter in quarters], axis=1)
    return ANSWERS.get(model.fault, lambda right: right)(right)
