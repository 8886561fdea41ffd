"""Embed a data set with one model that speaks the HEAR API, after auditing it on a few sounds.

Runs in the model's own environment and imports only the standard library, NumPy, soundfile and the
model. Writes the embeddings (float32, N x D, rows in the order of the sounds) and a JSON of facts.
A breach of the API ends the run with one sentence that says what was expected and what came.
"""

import argparse
import functools
import json
import platform
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import numpy as np
from shared.code import guarded_code
from shared.files import written_whole
from shared.names import POOLINGS, STATED, part_names
from shared.sounds import Sounds, count_sounds
from shared.weights import Refused, in_place

from embed.audit import AUDIT_SOUNDS, TOLERANCE, audit, changes
from embed.batches import Times, chosen_batch_size, embed_all, peak_memory_mb, resident_mb
from embed.hear import (
    EMBEDDERS,
    SCENES,
    TIMES,
    Breach,
    framework_of,
    guarded_pickles,
    in_bf16,
    load,
    packages,
)
from embed.initialize import CALIBRATION_BATCH, CALIBRATION_SOUNDS, reinitialize
from embed.layers import find_network, side_by_side, with_layers
from embed.marks import with_marks
from embed.parameters import counted
from embed.surroundings import surroundings
from embed.timestamps import check_model, with_pooling

MEMORY_SHARE = 0.8  # of the job's memory that a batch may fill, as far as the audit can foresee

log = functools.partial(print, file=sys.stderr, flush=True)


class Ready(NamedTuple):
    """A model that is loaded and as its entry wants it.

    embed: function from float32 (n, T) to (n, sum of widths), which gives the model's own embedding, its
    further poolings and its layers side by side. widths: their sizes.
    """

    module: ModuleType
    model: object
    framework: str
    device: str
    embed: Callable
    widths: list[int]


def check_entry(model, sample_rate, embedding_size, own_size):
    """Raise Breach if a model differs from its entry: sample rate in Hz, size of an embedding (0: any)."""
    for key, stated, own in (
        ("sample_rate", sample_rate, model.sample_rate),
        ("embedding_size", embedding_size, own_size),
    ):
        if stated and stated != own:
            raise Breach(f"the entry states {key} {stated}, the model says {own}")


def check_framework(framework, layers, initialization, precision):
    """Raise Breach if an entry asks for what only a PyTorch model can give."""
    wishes = {
        "layers": layers,
        "initialization: random": initialization == "random",
        "precision: bf16": precision == "bf16",
    }
    for key, asked in wishes.items():
        if asked and framework != "torch":
            raise Breach(f"{key} needs a PyTorch model; this one is of {framework}")


def prepared(args, name, sounds, few, argument):
    """Load a model and make it as its entry wants it. Returns Ready; raises Breach.

    name, argument: as in embedded(). few: float32 (n, T), for the first call.
    """
    module, model = load(name, argument, args.options)
    framework = framework_of(model)
    check_framework(framework, args.layers, args.initialization, args.precision)
    if args.pooling:
        check_model(module, model)
        moments, device = EMBEDDERS[framework](module, model, TIMES)
        embed, widths = with_pooling(moments, model, args.pooling, args.hop)
    else:
        embed, device = EMBEDDERS[framework](module, model, SCENES)
        widths = [model.scene_embedding_size]
    check_entry(model, args.sample_rate, args.embedding_size, widths[0])
    if args.precision == "bf16":
        embed = in_bf16(embed, device)
    embed(few)  # some wrappers load their network at the first call
    if args.initialization == "random":
        network, calibration = find_network(args.network, model), sounds.some(CALIBRATION_SOUNDS)
        reinitialize(network, args.seed, embed, calibration, args.batch_size or CALIBRATION_BATCH)
    if args.layers:
        embed_each = with_layers(embed, find_network(args.network, model), args.layers)
        embed, (_, *of_layers) = side_by_side(embed_each, few)
        widths = [*widths, *of_layers]
    return Ready(module, model, framework, device, embed, widths)


def check_one_call(N, layers, shard):
    """Raise Breach if a model whose answer depends on its batch cannot take all N sounds in one call."""
    if layers:
        raise Breach(
            "the model's answer depends on its batch, so that its layers cannot be told apart by sounds; "
            "state `batch_size: 1`, and each sound goes alone"
        )
    if shard:
        raise Breach(
            f"the embedding of a sound depends on its batch, so a data set of {N} sounds cannot go in "
            "shards; state `batch_size: 1`, and each sound goes alone, or raise `shard_size` of `run`"
        )


def embedded(args, name, sounds, argument, digests):
    """Load, audit and run one model whose weights are in their places. Returns a list of (embeddings, facts).

    name: of the module, or the absolute path of its file. argument: what load_model is passed. digests: of
    the weights, {path: SHA-256}. Audit and calibration hear the whole data set whatever the shard, so that
    every shard gets the same network and the same verdict.
    """
    began = time.monotonic()
    log(f"{args.module}: loading")
    few = sounds.some(AUDIT_SOUNDS)
    ready = prepared(args, name, sounds, few, argument)
    loaded = time.monotonic()
    log(f"{args.module}: loaded in {loaded - began:.1f} s on {ready.device}")

    resident = resident_mb()
    report = audit(ready.embed, few, ready.widths, TOLERANCE[args.precision])
    sound_mb = (peak_memory_mb() - resident) / report["sounds"]
    if not report["varies"] and args.initialization == "random":
        raise Breach("the randomly initialised network gives all sounds the same embedding")
    report |= changes(ready.embed, few, ready.widths[0], alone=report["batch_dependent"])
    log(f"audit: {json.dumps(report)}")

    free_mb = MEMORY_SHARE * args.memory_mb - resident
    batch_size = args.batch_size or chosen_batch_size(sounds.T / args.sample_rate, sound_mb, free_mb)
    in_one_call = report["batch_dependent"] and args.batch_size != 1
    if in_one_call:
        check_one_call(sounds.N, args.layers, args.shard)
    if report["layers_mixed"] and not report["batch_dependent"]:
        log("the layers' pieces are not in the order of the sounds: one by one")
        batch_size = 1
    audited = time.monotonic()

    start, stop = args.shard or (0, sounds.N)
    result = embed_all(ready.embed, sounds, start, stop, sum(ready.widths), batch_size, in_one_call)
    times = Times(began, loaded, audited, time.monotonic())
    facts = facts_of(args, sounds, ready, result, times) | {"weights_sha256": digests, "audit": report}
    parts = np.split(result.embeddings, np.cumsum(ready.widths)[:-1], axis=1)
    rows = [("", name) for name in args.pooling or [""]] + [(name, "") for name in args.layers]
    return [
        (part, facts | {"layer": layer, "pooling": pooling, "hop": args.hop, "D": part.shape[1]})
        for part, (layer, pooling) in zip(parts, rows, strict=True)
    ]


def facts_of(args, sounds, ready, result, times):
    """Facts of a run, but for its weights and its audit. result: Embedded; times: Times."""
    return {
        "module": args.module,
        "initialization": args.initialization,
        "framework": ready.framework,
        "packages": packages(ready.module, ready.model),
        "python": platform.python_version(),
        "sample_rate": args.sample_rate,
        "audio_rate": sounds.rate,
        "clip_seconds": sounds.T / args.sample_rate,
        "N": len(result.embeddings),
        "device": ready.device,
        "precision": args.precision,
        "batch_size": result.batch_size,
        **times.facts(len(result.embeddings), result.reading),
        "peak_memory_mb": peak_memory_mb(),
        "parameters": counted(ready.model, find_network(args.network, ready.model) if args.network else None),
        **{key: getattr(args, key) for key in STATED},
    }


def run(args):
    """Put the weights of a model in their places and run it. Returns a list of (embeddings, facts): the
    model's own, then its layers'. Raises Breach, Refused."""
    # absolute, because the working directory changes if a weights file is placed there
    sounds = Sounds(Path(args.audio).absolute(), count_sounds(args.parameters))
    name = str(Path(args.module).absolute()) if args.module.endswith(".py") else args.module
    with (
        surroundings(name),
        guarded_pickles(args.trust_pickle),
        guarded_code(args.weights, args.trust_code),
        in_place(args.weights) as (argument, digests),
    ):
        return embedded(args, name, sounds, argument, digests)


def write(embeddings, facts, embeddings_path, facts_path):
    """Write an array and its facts, each whole or not at all."""
    with written_whole(embeddings_path) as draft:
        np.save(draft, embeddings)
    with written_whole(facts_path) as draft:
        draft.write_text(json.dumps(facts, indent=2) + "\n")


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--audio", required=True, help="WAV: the sounds back to back")
    parser.add_argument("--parameters", required=True, help="CSV with one row per sound in it")
    parser.add_argument("--shard", nargs=2, type=int, help="first row to embed and the one after the last")
    parser.add_argument("--model", required=True, help="name of the model, for messages")
    parser.add_argument("--module", required=True, help="HEAR API module, or the path of a .py file")
    parser.add_argument("--sample-rate", type=int, required=True, help="Hz, as the entry states it")
    parser.add_argument("--embedding-size", type=int, default=0, help="as the entry states it; 0: any")
    parser.add_argument(
        "--weights", type=json.loads, default=[], help="[{path, receipt, place, ...}], JSON; see weights.py"
    )
    parser.add_argument("--trust-pickle", action="store_true", help="let weights run code when loaded")
    parser.add_argument("--trust-code", action="store_true", help="let code of the weights run")
    parser.add_argument("--options", type=json.loads, default={}, help="keywords of load_model, JSON")
    parser.add_argument("--initialization", choices=("pretrained", "random"), default="pretrained")
    parser.add_argument("--network", default="", help="where the torch.nn.Module lives")
    parser.add_argument("--pooling", nargs="*", choices=POOLINGS, default=[], help="of moments; none: scenes")
    parser.add_argument("--hop", type=float, default=0, help="ms between the moments kept; 0: all are")
    parser.add_argument("--layers", type=json.loads, default={}, help="{layer: axis of its channels}, JSON")
    parser.add_argument("--seed", type=int, default=0, help="of the random initialisation")
    parser.add_argument("--precision", choices=tuple(TOLERANCE), default="float32")
    parser.add_argument("--batch-size", type=int, default=0, help="sounds in one call; 0: chosen by memory")
    parser.add_argument("--memory-mb", type=int, default=4000, help="what that choice may take")
    for key in STATED:
        parser.add_argument(f"--{key.replace('_', '-')}", default="unknown", help="as the entry states it")
    parser.add_argument("--embeddings", required=True, help="npy to write")
    parser.add_argument("--facts", required=True, help="JSON to write")
    parser.add_argument("--layers-folder", type=Path, help="folder for 0.npy, 0.json, ... of further rows")
    args = parser.parse_args(argv)
    try:
        results = run(args)
    except (Breach, Refused) as problem:
        sys.exit(f"error: {args.model}: {problem}")
    if not args.shard:  # else gather sees all rows
        results = [(rows, with_marks(facts, rows, args.parameters)) for rows, facts in results]
    own, *others = results
    for name, (embeddings, facts) in zip(part_names(args.pooling, len(args.layers)), others, strict=True):
        write(embeddings, facts, args.layers_folder / f"{name}.npy", args.layers_folder / f"{name}.json")
    write(*own, args.embeddings, args.facts)
