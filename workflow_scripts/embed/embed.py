"""Embed a data set with one model that speaks the HEAR API, after auditing it on a few sounds.

Runs in the model's own environment and imports only the standard library, NumPy, soundfile and the
model. Writes the embeddings (float32, N x D, rows in the order of the sounds) and a JSON of facts.
A breach of the API ends the run with one sentence that says what was expected and what came.

HEAR API: https://hearbenchmark.com/hear-api.html. A module without PyTorch or TensorFlow may take
and return NumPy arrays instead of tensors.
"""

import argparse
import csv
import difflib
import gc
import importlib
import importlib.metadata
import inspect
import json
import math
import os
import pickle
import platform
import resource
import sys
import time
from pathlib import Path

import numpy as np
import soundfile
from shared.files import written_whole
from shared.weights import Refused, in_place

# largest difference, relative to the largest value, that counts as the same
TOLERANCE = {"float32": 1e-4, "bf16": 1e-2}
AUDIT_SOUNDS = 4
VIEW_STEPS = 32  # the share of a clip that a model sees is measured in steps of 1/32
CALIBRATION_SOUNDS = 64
CALIBRATION_BATCH = 32
BATCH_SECONDS = 64  # of audio in one batch, at most, where the entry states no size
BATCH_SOUNDS = 64
MEMORY_SHARE = 0.8  # of the job's memory that a batch may fill, as far as the audit can foresee
TORCH_VARIABLES = ("TORCH_FORCE_WEIGHTS_ONLY_LOAD", "TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD")


os.environ.setdefault("TF_FORCE_GPU_ALLOW_GROWTH", "true")  # else TensorFlow takes the whole GPU


class Breach(Exception):
    """A model does not keep the HEAR API or its own entry; the message is for the user."""


# --- the model, whatever its framework -------------------------------------------------------------


def load(name, weights, options):
    """Import a HEAR module and load its model. Returns (module, model). Raises Breach."""
    try:
        module = importlib.import_module(name)
    except ImportError as problem:
        raise Breach(
            f"cannot import module {name!r}: {problem}; check `module` and the model's environment"
        ) from problem
    for function in ("load_model", "get_scene_embeddings"):
        if not callable(getattr(module, function, None)):
            raise Breach(f"module {name!r} has no function {function}(), which the HEAR API requires")
    if "torch" in sys.modules:
        map_to_cpu(sys.modules["torch"])
    wants_path = next(iter(inspect.signature(module.load_model).parameters.values()), None)
    nothing = wants_path is None or wants_path.default is not wants_path.empty
    model = module.load_model(**options) if nothing and not weights else module.load_model(weights, **options)
    for attribute in ("sample_rate", "scene_embedding_size"):
        if not hasattr(model, attribute):
            raise Breach(f"the model of {name!r} has no attribute {attribute}, which the HEAR API requires")
    return module, model


def map_to_cpu(torch):
    """Without a GPU, let checkpoints load that were saved on one, whether the module thought of it or not."""
    if not torch.cuda.is_available():
        torch.serialization.register_package(
            0, lambda storage: None, lambda storage, place: storage if place.startswith("cuda") else None
        )


def framework_of(model):
    """Name of the framework whose tensors a model expects: torch, tensorflow or numpy.

    The class of the model decides; if it is of neither framework, what its module has imported.
    """
    torch, tensorflow = sys.modules.get("torch"), sys.modules.get("tensorflow")
    if torch and isinstance(model, torch.nn.Module):
        return "torch"
    if tensorflow and isinstance(model, tensorflow.Module):
        return "tensorflow"
    return "torch" if torch else "tensorflow" if tensorflow else "numpy"


def torch_embedder(module, model):
    """Function from float32 (n, T) to (n, D) arrays by a PyTorch model, and the device's name."""
    import torch

    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if isinstance(model, torch.nn.Module):
        model.to(device).eval()

    def embed(sounds):
        with torch.no_grad():
            result = module.get_scene_embeddings(torch.from_numpy(sounds).to(device), model)
        if not isinstance(result, torch.Tensor):
            raise Breach(f"get_scene_embeddings returned {type(result).__name__}, not a torch.Tensor")
        if result.dtype == torch.bfloat16:  # NumPy has none
            result = result.float()
        return result.detach().cpu().numpy()

    name = torch.cuda.get_device_name() if device.type == "cuda" else platform.processor()
    return embed, f"{device.type} {name}".strip()


def in_bf16(embed, device):
    """The same function, with matrix products and convolutions in bfloat16, as PyTorch's autocast has it."""
    import torch

    def embed_in_bf16(sounds):
        with torch.autocast(device.split()[0], torch.bfloat16):
            return embed(sounds)

    return embed_in_bf16


def tensorflow_embedder(module, model):
    """Function from float32 (n, T) to (n, D) arrays by a TensorFlow model, and the device's name."""
    import tensorflow

    def embed(sounds):
        result = module.get_scene_embeddings(tensorflow.convert_to_tensor(sounds), model)
        if not tensorflow.is_tensor(result):
            raise Breach(f"get_scene_embeddings returned {type(result).__name__}, not a tf.Tensor")
        return result.numpy()

    return embed, "gpu" if tensorflow.config.list_physical_devices("GPU") else "cpu"


def numpy_embedder(module, model):
    """Function from float32 (n, T) to (n, D) arrays by a model without a framework."""

    def embed(sounds):
        result = module.get_scene_embeddings(sounds, model)
        if not isinstance(result, np.ndarray):
            raise Breach(f"get_scene_embeddings returned {type(result).__name__}, not a numpy.ndarray")
        return result

    return embed, "cpu"


EMBEDDERS = {"torch": torch_embedder, "tensorflow": tensorflow_embedder, "numpy": numpy_embedder}


def out_of_memory(problem):
    """Whether an exception says that the accelerator's memory ran out (PyTorch or TensorFlow)."""
    return type(problem).__name__ in ("OutOfMemoryError", "ResourceExhaustedError")


# --- random initialisation -------------------------------------------------------------------------


def find_network(path, model):
    """The torch.nn.Module at a dotted path, such as torchcrepe.infer.model; the model itself if None.

    The longest prefix that imports is the module, the rest are attributes of it.
    """
    import torch

    network = model
    if path:
        parts = path.split(".")
        network = importlib.import_module(parts[0])
        for i, part in enumerate(parts[1:], start=2):
            if not hasattr(network, part):
                try:
                    importlib.import_module(".".join(parts[:i]))
                except ImportError as problem:
                    raise Breach(f"network {path!r} does not exist: {problem}") from problem
            network = getattr(network, part)
    if not isinstance(network, torch.nn.Module) or not list(network.parameters()):
        raise Breach(
            f"{path or 'the model'!r} is a {type(network).__name__} without parameters of its own; "
            "name under `network` where its torch.nn.Module lives"
        )
    return network


def reinitialize(network, seed, forward):
    """Draw all weights of a network anew, in place, as its layers' own reset_parameters() does.

    `forward` runs the network on calibration sounds: the running statistics of batch-norm layers
    are replaced by those that the new weights produce there, one layer after the other in a single
    pass, because the default ones (mean 0, variance 1) let activations vanish or explode.
    Raises Breach if a weight tensor is left unchanged.
    """
    import torch

    device = next(network.parameters()).device
    network.cpu()  # the same seed draws other numbers on a GPU
    before = {name: weight.detach().clone() for name, weight in network.named_parameters()}
    torch.manual_seed(seed)
    for layer in network.modules():
        if hasattr(layer, "reset_parameters"):
            layer.reset_parameters()
    kept = [n for n, weight in network.named_parameters() if torch.equal(weight, before[n])]
    if kept:
        raise Breach(
            f"initialization: random left {len(kept)} of {len(before)} weight tensors unchanged "
            f"({', '.join(kept[:3])}{', ...' if len(kept) > 3 else ''}); they have no reset_parameters()"
        )
    network.to(device)
    norms = [m for m in network.modules() if isinstance(m, torch.nn.modules.batchnorm._BatchNorm)]
    momenta = [norm.momentum for norm in norms]
    # a hook, because wrappers put the whole model into eval mode in each forward pass
    hooks = [norm.register_forward_pre_hook(lambda norm, _: norm.train() and None) for norm in norms]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # a plain average over all calibration batches
    forward()
    for norm, momentum, hook in zip(norms, momenta, hooks, strict=True):
        hook.remove()
        norm.momentum = momentum
    network.eval()


# --- layers ----------------------------------------------------------------------------------------


def tensor_of(output):
    """The first tensor of what a layer returns: itself, or of a tuple or mapping."""
    while not hasattr(output, "detach"):
        output = next(iter(output.values() if hasattr(output, "values") else output))
    return output


def pooled(output, axis):
    """Mean over all axes of a layer's output but the first and that of its channels: float32 (m, C)."""
    output = tensor_of(output).detach().float()
    if output.ndim < 2:
        raise Breach(f"a layer gives an array of shape {tuple(output.shape)}, which has no channels")
    moved = output.movedim(axis, -1) if output.ndim > 2 else output
    return moved.reshape(len(moved), -1, moved.shape[-1]).mean(dim=1).cpu().numpy()


def with_layers(embed, network, layers):
    """Function from float32 (n, T) to a list of arrays (n, D): what `embed` gives, then each layer.

    layers: {name of a submodule of network: axis of its channels}, in the order of the forward pass. A
    layer may see a sound in several pieces (frames), one after the other along its first axis; their mean
    is taken. Raises Breach for a layer that does not exist, does not run, or runs in another order.
    """
    modules = dict(network.named_modules())
    taken = {}  # name: pieces, in the order in which the layers first ran

    def take(name):
        return lambda module, inputs, output: taken.setdefault(name, []).append(pooled(output, layers[name]))

    for name in layers:
        if name not in modules:
            near = difflib.get_close_matches(name, modules, n=3)
            told = (
                f"did you mean {', '.join(near)}?"
                if near
                else f"it has: {', '.join(list(modules)[1:13])}, ..."
            )
            raise Breach(f"the network has no layer {name!r}; {told}")
        modules[name].register_forward_hook(take(name))

    def embed_all_layers(sounds):
        taken.clear()
        found = [embed(sounds)]
        if missing := [name for name in layers if name not in taken]:
            raise Breach(f"layer {missing[0]!r} did not run when a sound was embedded; leave it out")
        if list(taken) != list(layers):
            raise Breach(f"list the layers in the order in which they run: {', '.join(taken)}")
        for name in layers:
            pieces = np.concatenate(taken[name])
            if len(pieces) % len(sounds):
                raise Breach(f"layer {name!r} gives {len(pieces)} pieces for {len(sounds)} sounds")
            found.append(pieces.reshape(len(sounds), -1, pieces.shape[1]).mean(axis=1))
        return found

    return embed_all_layers


# --- audit -----------------------------------------------------------------------------------------


def difference(a, b, widths=None):
    """Largest absolute difference of two arrays, relative to the largest absolute value of a.

    widths: of embeddings that stand side by side in a and b (n, D), each taken by its own scale.
    """
    if widths is not None:
        ends = np.cumsum(widths)[:-1]
        return max(map(difference, np.split(a, ends, axis=1), np.split(b, ends, axis=1)))
    scale = np.abs(a).max()
    return float(np.abs(a - b).max() / scale) if scale else float(np.abs(b).max())


def check_output(result, n, size):
    """Raise Breach unless result is a finite float32 (n, size) array."""
    if result.shape != (n, size):
        raise Breach(f"get_scene_embeddings returned shape {result.shape}, expected {(n, size)}")
    if result.dtype != np.float32:
        raise Breach(f"get_scene_embeddings returned dtype {result.dtype}, expected float32")
    if not np.isfinite(result).all():
        raise Breach(f"get_scene_embeddings returned values that are not finite, for {n} finite sounds")


def view(embed_alone, T, level, widths, tolerance, seed=0):
    """Share of a clip that a model sees, by silencing its ends.

    A steady noise of T samples at the given RMS level stands for the clip, because a sound with a
    soft end would hide whether that end is seen. Returns (start, end): the seen part, as fractions
    of the clip, in steps of 1/VIEW_STEPS.
    """
    noise = np.random.default_rng(seed).standard_normal((1, T)).astype(np.float32) * np.float32(level)
    whole = embed_alone(noise)
    edges = np.linspace(0, T, VIEW_STEPS + 1).round().astype(int)

    def unseen(silence):
        silenced = noise.copy()
        silenced[:, silence] = 0
        return difference(whole, embed_alone(silenced), widths) <= tolerance

    start, end = 0, VIEW_STEPS
    while start < VIEW_STEPS and unseen(slice(0, edges[start + 1])):
        start += 1
    while end > start and unseen(slice(edges[end - 1], T)):
        end -= 1
    return start / VIEW_STEPS, end / VIEW_STEPS


def audit(embed, sounds, widths, tolerance):
    """Check one model on a few different sounds, float32 (n, T). Returns facts; raises Breach.

    widths: sizes of the embeddings that `embed` gives side by side: the model's own, then its layers.
    tolerance: largest relative difference that counts as the same.
    Shape, dtype, finite values, repeatable answers, answers that differ between sounds, the same answer alone
    and inside a batch (else marked batch_dependent), and the share of the clip that it sees. Layers whose
    pieces cannot be told apart in a batch are marked layers_mixed: alone they are right. Two copies, 20 and
    60 dB down, join the sounds, because a floor relative to the loudest of a batch acts on soft sounds only.
    """
    sounds = np.concatenate([sounds, 0.1 * sounds[:1], 0.001 * sounds[-1:]]).astype(np.float32)
    size = sum(widths)
    batch = embed(sounds)
    check_output(batch, len(sounds), size)
    repeated = difference(batch, embed(sounds), widths)
    if repeated > tolerance:
        raise Breach(
            f"the same sounds gave another answer the second time (relative difference {repeated:.1e}, "
            f"at most {tolerance:.0e} expected): is something drawn at random, or not in eval mode?"
        )
    alone = np.concatenate([embed(sounds[i : i + 1]) for i in range(len(sounds))])
    check_output(alone, len(sounds), size)
    mixed = difference(batch[:, : widths[0]], alone[:, : widths[0]])
    of_layers = [array[:, widths[0] :] for array in (batch, alone)]
    start, end = view(embed, sounds.shape[1], np.sqrt(np.mean(sounds[:-2] ** 2)), widths, tolerance)
    own = alone[:, : widths[0]]
    spread = difference(own, np.broadcast_to(own[:1], own.shape))
    return {
        "sounds": len(sounds),
        "repeat_difference": repeated,
        "batch_difference": mixed,
        "batch_dependent": mixed > tolerance,
        "layers_mixed": len(widths) > 1 and difference(*of_layers, widths[1:]) > tolerance,
        "varies": spread > tolerance,
        "view_start": start,
        "view_end": end,
        "view_share": end - start,
    }


# --- the run ---------------------------------------------------------------------------------------


class Sounds:
    """N sounds of equal length in one mono WAV file; slicing reads float32 (n, T).

    shard: the rows that are to be embedded, all if None. Audit and calibration hear the whole data set
    whatever the shard, so that every shard gets the same network and the same verdict.
    """

    def __init__(self, path, N, shard=None):
        self.path, self.N = path, N
        self.start, self.stop = shard or (0, N)
        info = soundfile.info(path)
        self.T, self.rate = info.frames // N, info.samplerate

    def __getitem__(self, rows):
        start, stop, _ = rows.indices(self.N)
        with soundfile.SoundFile(self.path) as file:
            file.seek(start * self.T)
            return file.read((stop - start) * self.T, dtype="float32").reshape(-1, self.T)

    def some(self, n):
        """At most n sounds, spread evenly over the data set."""
        rows = np.unique(np.linspace(0, self.N - 1, min(n, self.N)).round().astype(int))
        return np.concatenate([self[row : row + 1] for row in rows])


def embed_all(embed, sounds, size, batch_size, whole=False):
    """Embed all sounds of the shard in batches; halve the batch whenever the accelerator's memory runs out.

    With `whole`, all sounds go in one call, and memory that runs out is a Breach. Prints progress to
    stderr. Returns (float32 (n, size), batch size at the end, seconds spent on reading sounds).
    """
    n = sounds.stop - sounds.start
    batch_size = n if whole else batch_size
    reading = 0.0
    result = np.empty((n, size), np.float32)
    began = shown = time.monotonic()
    i = 0
    while i < n:
        batch = None
        asked = time.monotonic()
        heard = sounds[sounds.start + i : sounds.start + min(i + batch_size, n)]
        reading += time.monotonic() - asked
        try:
            batch = embed(heard)
        except Exception as problem:
            if out_of_memory(problem) and whole:
                raise Breach(
                    "the embedding of a sound depends on its batch, so the data set must go in one call, "
                    "but the device's memory is too small for that; use fewer sounds or the CPU"
                ) from problem
            if not out_of_memory(problem) or batch_size == 1:
                raise
        if batch is None:  # outside of `except`, where the exception still holds the tensors
            batch_size = batch_size // 2
            print(f"out of device memory: batches of {batch_size} from here on", file=sys.stderr)
            gc.collect()
            if "torch" in sys.modules:
                sys.modules["torch"].cuda.empty_cache()
            continue
        check_output(batch, min(batch_size, n - i), size)
        result[i : i + batch_size] = batch
        i = min(i + batch_size, n)
        now = time.monotonic()
        if i == n or now - shown > 2:
            shown, done = now, i / n
            bar = "#" * round(20 * done)
            rate = i / max(now - began, 1e-9)
            print(
                f"embed [{bar:.<20}] {i}/{n} sounds, {rate:.1f}/s, {(n - i) / rate:.0f} s left",
                file=sys.stderr,
                flush=True,
            )
    return result, batch_size, reading


def packages(module, model):
    """Names and versions of what computes the embedding: {distribution: version}.

    The package of the module, of the model's class and of whatever the module names (an adapter imports its
    model), and the numerical packages below them.
    """
    named = [getattr(v, "__module__", None) or getattr(v, "__name__", "") for v in vars(module).values()]
    named.append(type(model).__module__)
    owners = importlib.metadata.packages_distributions()
    own = [d for name in [module.__name__, *named] for d in owners.get(str(name).split(".")[0], [])]
    basis = ["numpy", "scipy", "torch", "tensorflow", "librosa", "transformers"]
    installed = {d.metadata["Name"]: d.version for d in importlib.metadata.distributions()}
    return {name: installed[name] for name in [*own, *basis] if name in installed}


def chosen_batch_size(clip_seconds, sound_mb, free_mb):
    """Sounds in one batch: the largest power of two within BATCH_SOUNDS, BATCH_SECONDS and free memory.

    Not by timing, which no second run repeats: the last digits of an embedding may follow the batch.
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


def run(args):
    """Load, audit and run one model. Returns a list of (embeddings, facts): the model's own, then its
    layers'. Raises Breach, Refused."""
    with open(args.parameters, newline="") as file:
        sounds = Sounds(Path(args.audio).absolute(), sum(1 for _ in csv.DictReader(file)), args.shard)
    for variable, wanted in zip(TORCH_VARIABLES, (not args.trust_pickle, args.trust_pickle), strict=True):
        os.environ.pop(variable, None)
        if wanted:
            os.environ[variable] = "1"
    try:
        with in_place(args.weights) as (argument, digests):
            return embedded(args, sounds, argument, digests)
    except pickle.UnpicklingError as problem:
        told = next((line for line in str(problem).splitlines() if "unsupported" in line.lower()), None)
        if told is None or args.trust_pickle:
            raise Breach(f"a weights file is not what PyTorch can load: {problem}") from problem
        raise Breach(
            f"a weights file is a pickle of more than tensors ({told.strip().split('. ')[0]}): loading it "
            "can run any code that its author put there; if you trust where it comes from, state "
            "`trust_pickle: true` in the model's entry"
        ) from problem


def embedded(args, sounds, argument, digests):
    """The same for weights that are in their places; `argument` is what load_model is passed, digests:
    {path: SHA-256}."""
    began = time.monotonic()
    print(f"{args.module}: loading", file=sys.stderr, flush=True)
    module, model = load(args.module, argument, args.options)
    for key, attribute in (("sample_rate", "sample_rate"), ("embedding_size", "scene_embedding_size")):
        stated, found = getattr(args, key), getattr(model, attribute)
        if stated and stated != found:
            raise Breach(f"the entry states {key} {stated}, the model says {found}")
    framework = framework_of(model)
    keys = {
        "layers": args.layers,
        "initialization: random": args.initialization == "random",
        "precision: bf16": args.precision == "bf16",
    }
    for key, asked in keys.items():
        if asked and framework != "torch":
            raise Breach(f"{key} needs a PyTorch model; this one is of {framework}")
    embed, device = EMBEDDERS[framework](module, model)
    if args.precision == "bf16":
        embed = in_bf16(embed, device)
    few = sounds.some(AUDIT_SOUNDS)
    embed(few)  # some wrappers load their network at the first call
    if args.initialization == "random":
        calibration = sounds.some(CALIBRATION_SOUNDS)

        def forward():
            step = args.batch_size or CALIBRATION_BATCH
            for i in range(0, len(calibration), step):
                embed(calibration[i : i + step])

        reinitialize(find_network(args.network, model), args.seed, forward)
    widths = [model.scene_embedding_size]
    whole = embed
    if args.layers:
        each = with_layers(embed, find_network(args.network, model), args.layers)
        widths = [array.shape[1] for array in each(few)]

        def whole(batch):
            return np.concatenate(each(batch), axis=1)

    loaded = time.monotonic()
    print(f"{args.module}: loaded in {loaded - began:.1f} s on {device}", file=sys.stderr, flush=True)
    resident = resident_mb()
    report = audit(whole, few, widths, TOLERANCE[args.precision])
    sound_mb = (peak_memory_mb() - resident) / (len(few) + 2)
    if not report["varies"] and args.initialization == "random":
        raise Breach("the randomly initialised network gives all sounds the same embedding")
    print(f"audit: {json.dumps(report)}", file=sys.stderr, flush=True)
    free_mb = MEMORY_SHARE * args.memory_mb - resident
    clip_seconds = sounds.T / args.sample_rate
    batch_size = args.batch_size or chosen_batch_size(clip_seconds, sound_mb, free_mb)
    together = report["batch_dependent"] and args.batch_size != 1
    if together and args.layers:
        raise Breach(
            "the model's answer depends on its batch, so that its layers cannot be told apart by sounds; "
            "state `batch_size: 1`, and each sound goes alone"
        )
    if together and args.shard:
        raise Breach(
            f"the embedding of a sound depends on its batch, so a data set of {sounds.N} sounds cannot go in "
            "shards; state `batch_size: 1`, and each sound goes alone, or raise `shard_size` of `run`"
        )
    if report["layers_mixed"] and not report["batch_dependent"]:
        print("the layers' pieces are not in the order of the sounds: one by one", file=sys.stderr)
        batch_size = 1
    audited = time.monotonic()
    embeddings, batch_size, reading = embed_all(whole, sounds, sum(widths), batch_size, together)
    ended = time.monotonic()
    seconds = ended - audited
    facts = {
        "module": args.module,
        "layer": "",
        "initialization": args.initialization,
        "framework": framework,
        "packages": packages(module, model),
        "python": platform.python_version(),
        "sample_rate": args.sample_rate,
        "audio_rate": sounds.rate,
        "clip_seconds": clip_seconds,
        "N": len(embeddings),
        "D": widths[0],
        "device": device,
        "precision": args.precision,
        "batch_size": batch_size,
        "load_seconds": round(loaded - began, 2),
        "audit_seconds": round(audited - loaded, 2),
        "seconds": round(seconds, 2),
        "loading_share": round((loaded - began) / (ended - began), 3),
        "reading_share": round(reading / seconds, 3),
        "sounds_per_second": round(len(embeddings) / seconds, 1),
        "peak_memory_mb": peak_memory_mb(),
        "licence": args.licence,
        "weights_sha256": digests,
        "audit": report,
    }
    parts = np.split(embeddings, np.cumsum(widths)[:-1], axis=1)
    return [
        (part, facts | {"layer": name, "D": part.shape[1]})
        for part, name in zip(parts, ["", *args.layers], strict=True)
    ]


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
    parser.add_argument("--module", required=True, help="HEAR API module")
    parser.add_argument("--sample-rate", type=int, required=True, help="Hz, as the entry states it")
    parser.add_argument("--embedding-size", type=int, default=0, help="as the entry states it; 0: any")
    parser.add_argument(
        "--weights", type=json.loads, default=[], help="[{path, receipt, place, ...}], JSON; see weights.py"
    )
    parser.add_argument("--trust-pickle", action="store_true", help="let weights run code when loaded")
    parser.add_argument("--options", type=json.loads, default={}, help="keywords of load_model, JSON")
    parser.add_argument("--initialization", choices=("pretrained", "random"), default="pretrained")
    parser.add_argument("--network", default="", help="where the torch.nn.Module lives")
    parser.add_argument("--layers", type=json.loads, default={}, help="{layer: axis of its channels}, JSON")
    parser.add_argument("--seed", type=int, default=0, help="of the random initialisation")
    parser.add_argument("--precision", choices=tuple(TOLERANCE), default="float32")
    parser.add_argument("--batch-size", type=int, default=0, help="sounds in one call; 0: chosen by memory")
    parser.add_argument("--memory-mb", type=int, default=4000, help="what that choice may take")
    parser.add_argument("--licence", default="unknown")
    parser.add_argument("--embeddings", required=True, help="npy to write")
    parser.add_argument("--facts", required=True, help="JSON to write")
    parser.add_argument("--layers-folder", type=Path, help="folder for 0.npy, 0.json, ... of the layers")
    args = parser.parse_args(argv)
    try:
        found = run(args)
    except (Breach, Refused) as problem:
        sys.exit(f"error: {args.model}: {problem}")
    for i, (embeddings, facts) in enumerate(found[1:]):
        write(embeddings, facts, args.layers_folder / f"{i}.npy", args.layers_folder / f"{i}.json")
    write(*found[0], args.embeddings, args.facts)
