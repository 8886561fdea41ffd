"""Batches: all sounds through a model, as many at once as memory holds."""

import gc
import math
import resource
import sys
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np

from embed.hear import Breach, check_output, out_of_memory

BATCH_SECONDS = 64  # of audio in one batch, at most, where the entry states no size
BATCH_SOUNDS = 64


def chosen_batch_size(clip_seconds, sound_mb, free_mb):
    """Sounds in one batch: the largest power of two within BATCH_SOUNDS, BATCH_SECONDS and free memory.

    The size is not chosen by timing, which no second run repeats: the last digits of an embedding may follow
    the batch.
    """
    most = min(BATCH_SOUNDS, BATCH_SECONDS / clip_seconds, free_mb / max(sound_mb, 1e-3))
    return 2 ** max(0, math.floor(math.log2(max(most, 1))))


def resident_mb():
    """Resident memory of this process in MB; 0, which foresees the worst, where the system does not tell."""
    statm = Path("/proc/self/statm")
    return int(statm.read_text().split()[1]) * resource.getpagesize() / 1e6 if statm.exists() else 0


def peak_memory_mb():
    """Peak resident memory of this process in MB (10^6 bytes)."""
    unit = 1 if sys.platform == "darwin" else 1024
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6)


def embed_within_memory(embed, batch, batch_size, in_one_call):
    """Embeddings of one batch, or None if the accelerator's memory ran out and a smaller batch may fit.

    Raises Breach if the batch is the whole data set and must stay so.
    """
    try:
        return embed(batch)
    except Exception as problem:
        if out_of_memory(problem) and in_one_call:
            raise Breach(
                "the embedding of a sound depends on its batch, so the data set must go in one call, "
                "but the device's memory is too small for that; use fewer sounds or the CPU"
            ) from problem
        if not out_of_memory(problem) or batch_size == 1:
            raise
    return None  # the exception, which holds the tensors, is gone by now


def progress_bar(done, n, seconds):
    """One line that says how many of n sounds are embedded after some seconds."""
    rate = done / max(seconds, 1e-9)
    bar = "#" * round(20 * done / n)
    return f"embed [{bar:.<20}] {done}/{n} sounds, {rate:.1f}/s, {(n - done) / rate:.0f} s left"


class Embedded(NamedTuple):
    """Embeddings of the rows of a data set, and how they came about."""

    embeddings: np.ndarray  # float32 (n, size)
    batch_size: int  # at the end
    reading: float  # s spent on reading sounds


def embed_all(embed, sounds, start, stop, size, batch_size, in_one_call=False):
    """Embed sounds start to stop in batches; halve the batch whenever the accelerator's memory runs out.

    size: of one embedding. With `in_one_call`, all sounds go in one call, and memory that runs out is a
    Breach. Prints progress to stderr. Returns Embedded.
    """
    n = stop - start
    batch_size = n if in_one_call else batch_size
    reading = 0.0
    embeddings = np.empty((n, size), np.float32)
    began = shown = time.monotonic()
    done = 0
    while done < n:
        end = min(done + batch_size, n)
        before = time.monotonic()
        heard = sounds[start + done : start + end]
        reading += time.monotonic() - before
        batch = embed_within_memory(embed, heard, batch_size, in_one_call)
        if batch is None:
            batch_size = batch_size // 2
            print(f"out of device memory: batches of {batch_size} from here on", file=sys.stderr)
            gc.collect()
            if "torch" in sys.modules:
                sys.modules["torch"].cuda.empty_cache()
            continue
        check_output(batch, end - done, size)
        embeddings[done:end] = batch
        done = end
        now = time.monotonic()
        if done == n or now - shown > 2:
            shown = now
            print(progress_bar(done, n, now - began), file=sys.stderr, flush=True)
    return Embedded(embeddings, batch_size, reading)


class Times(NamedTuple):
    """When the phases of a run ended, s of a monotonic clock."""

    began: float
    loaded: float
    audited: float
    ended: float

    def facts(self, n, reading):
        """Facts of the time that n sounds took, `reading` s of it for reading them."""
        seconds = self.ended - self.audited
        loading = self.loaded - self.began
        return {
            "load_seconds": round(loading, 2),
            "audit_seconds": round(self.audited - self.loaded, 2),
            "seconds": round(seconds, 2),
            "loading_share": round(loading / (self.ended - self.began), 3),
            "reading_share": round(reading / seconds, 3),
            "sounds_per_second": round(n / seconds, 1),
            "seconds_per_1000_sounds": round(1000 * seconds / n, 2),
        }
