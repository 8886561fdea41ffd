"""A model that speaks the HEAR API, whatever its framework: loaded, and as a function of NumPy arrays.

Conventions
    A module has `load_model` and `get_scene_embeddings`; a model has `sample_rate` (Hz) and
    `scene_embedding_size`. Sounds are float32 (n, T), embeddings float32 (n, D). A module without PyTorch or
    TensorFlow may take and return NumPy arrays instead of tensors.
    The sounds that a model gets are its own copy, and what it gives is copied: it may work in place and use
    its arrays again.
    A breach of the API is a Breach: one sentence that says what was expected and what came.

Source
    https://hearbenchmark.com/hear-api.html
"""

import contextlib
import importlib
import importlib.metadata
import importlib.util
import inspect
import numbers
import os
import pickle
import platform
import re
import sys
from pathlib import Path

import numpy as np
from shared.checkpoints import faulty_file, files_in_hand, may_hold_weights
from shared.logs import place_of, short_path

HERE = Path.cwd()  # where the config's paths begin; a place of weights may change it
# what PyTorch says of a pickle that asks for more than tensors
MORE_THAN_TENSORS = re.compile(
    "GLOBAL|unsupported class|unrecognized function|Can only (create|build)|must be imported"
)
SCENES, TIMES = "get_scene_embeddings", "get_timestamp_embeddings"  # functions of the API
TORCH_VARIABLES = ("TORCH_FORCE_WEIGHTS_ONLY_LOAD", "TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD")

os.environ.setdefault("TF_FORCE_GPU_ALLOW_GROWTH", "true")  # else TensorFlow takes the whole GPU
if "OMP_NUM_THREADS" in os.environ:  # the job's threads, as Snakemake states them; TensorFlow reads these
    os.environ.setdefault("TF_NUM_INTRAOP_THREADS", os.environ["OMP_NUM_THREADS"])
    os.environ.setdefault("TF_NUM_INTEROP_THREADS", "1")


class Breach(Exception):
    """A model does not keep the HEAR API or its own entry; the message is for the user."""


# --- loading ---------------------------------------------------------------------------------------


def imported(name):
    """The module of a name, or of the path of a .py file. Raises Breach.

    The modules beside such a file can be imported, behind those that are installed.
    """
    try:
        if not name.endswith(".py"):
            return importlib.import_module(name)
        path = Path(name)
        known = importlib.util.find_spec(path.stem)  # a file crepe.py may import the installed crepe
        spec = importlib.util.spec_from_file_location(f"{path.stem}_py" if known else path.stem, path)
        module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
        sys.path.append(str(path.parent))
        spec.loader.exec_module(module)
        return module
    except ImportError as problem:
        place = place_of(problem)
        where = "" if place.startswith(short_path(__file__)) else f" ({place})"
        hint = "check `module` and the model's environment"
        if Path(HERE, f"{name}.py").exists():
            hint += f", or state `module: {name}.py` for the file in {HERE}"
        raise Breach(f"cannot import module {name!r}: {problem}{where}; {hint}") from problem


def load(name, weights, options):
    """Import a HEAR module and load its model. Returns (module, model). Raises Breach.

    name: of the module, or the absolute path of its file. weights: path that load_model is passed, or an
    empty string. options: its keywords.
    """
    module = imported(name)
    for function in ("load_model", "get_scene_embeddings"):
        if not callable(getattr(module, function, None)):
            raise Breach(f"module {name!r} has no function {function}(), which the HEAR API requires")
    if "torch" in sys.modules:
        map_to_cpu(sys.modules["torch"])
    parameters = inspect.signature(module.load_model).parameters
    path = next(iter(parameters.values()), None)
    may_go_without = path is None or path.default is not path.empty
    words = [] if may_go_without and not weights else [weights]
    try:
        inspect.signature(module.load_model).bind(*words, **options)
    except TypeError as problem:
        known = [*parameters][1:]
        raise Breach(
            f"load_model of {name!r} {problem}; the entry's options are {', '.join(options) or 'none'}, "
            f"and it takes {', '.join(known) or 'none'}"
        ) from problem
    model = module.load_model(*words, **options)
    for attribute in ("sample_rate", "scene_embedding_size"):
        if not hasattr(model, attribute):
            raise Breach(f"the model of {name!r} has no attribute {attribute}, which the HEAR API requires")
    check_numbers(model)
    return module, model


def check_numbers(model):
    """Raise Breach unless a model's rate (Hz) and size are numbers that a rate and a size can be."""
    for attribute, kind, words in (
        ("sample_rate", numbers.Real, "a number above 0"),
        ("scene_embedding_size", numbers.Integral, "a whole number above 0"),
    ):
        value = getattr(model, attribute)
        if not isinstance(value, kind) or not value > 0:
            raise Breach(f"the model's {attribute} is {repr(value)[:60]}; the HEAR API wants {words}")


@contextlib.contextmanager
def guarded_pickles(trusted):
    """Let PyTorch load nothing but tensors while the block runs, or any pickle if they are trusted.

    Whatever the module asks of torch.load, it is overruled. Raises Breach if PyTorch refuses a file, or if
    any loader fails at a file that cannot be weights.
    """
    for variable, wanted in zip(TORCH_VARIABLES, (not trusted, trusted), strict=True):
        os.environ.pop(variable, None)
        if wanted:
            os.environ[variable] = "1"
    try:
        yield
    except Breach:
        raise
    except Exception as problem:
        if found := faulty_file(problem):
            raise Breach(" ".join(map(str, found))) from problem
        file = next(filter(may_hold_weights, files_in_hand(problem)), None)
        if not isinstance(problem, pickle.UnpicklingError) and not (file and isinstance(problem, EOFError)):
            raise
        lines = str(problem).splitlines() or ["it ends too early"]
        refusal = next((line for line in lines if MORE_THAN_TENSORS.search(line)), None)
        if refusal is None or trusted:
            # PyTorch also advises to trust the file, which helps only if it is a pickle of more than tensors
            words = next((line for line in lines if "error: " in line), lines[0]).split("error: ")[-1].strip()
            what = f"{file or 'a weights file'} is no checkpoint, or a damaged one"
            raise Breach(f"{what}: {words}" if words else what) from problem
        raise Breach(
            f"a weights file is a pickle of more than tensors ({refusal.strip().split('. ')[0]}): loading it "
            "can run any code that its author put there; if you trust where it comes from, state "
            "`trust_pickle: true` in the model's entry"
        ) from problem


def map_to_cpu(torch):
    """Without a GPU, let checkpoints load that were saved on one, whether the module thought of it or not."""
    if not torch.cuda.is_available():
        torch.serialization.register_package(
            0, lambda storage: None, lambda storage, place: storage if place.startswith("cuda") else None
        )


def packages(module, model):
    """Names and versions of what computes the embedding: {distribution: version}.

    These are the packages of the module, of the model's class and of whatever the module names (an adapter
    imports its model, or names the distribution that has its files), and the numerical packages below them.
    """
    named = [getattr(v, "__module__", None) or getattr(v, "__name__", "") for v in vars(module).values()]
    named.append(type(model).__module__)
    owners = importlib.metadata.packages_distributions()
    own = [d for name in [module.__name__, *named] for d in owners.get(str(name).split(".")[0], [])]
    files = [v for v in vars(module).values() if isinstance(v, importlib.metadata.Distribution)]
    own += [distribution.metadata["Name"] for distribution in files]
    basis = ["numpy", "scipy", "torch", "tensorflow", "onnxruntime", "librosa", "transformers"]
    installed = {d.metadata["Name"]: d.version for d in importlib.metadata.distributions()}
    return {name: installed[name] for name in [*own, *basis] if name in installed}


# --- as a function of arrays -----------------------------------------------------------------------


def framework_of(model):
    """Name of the framework whose tensors a model expects: torch, tensorflow or numpy.

    The class of the model decides. If it is of neither framework, what its module has imported decides.
    """
    torch, tensorflow = sys.modules.get("torch"), sys.modules.get("tensorflow")
    if torch and isinstance(model, torch.nn.Module):
        return "torch"
    if tensorflow and isinstance(model, tensorflow.Module):
        return "tensorflow"
    return "torch" if torch else "tensorflow" if tensorflow else "numpy"


def arrays_of(answer, function, array_of):
    """What a function of the API answers, as arrays: one, or embeddings and times. Raises Breach.

    array_of: function from a tensor to an array, which raises Breach if it is none.
    """
    if function == SCENES:
        return array_of(answer)
    if not isinstance(answer, (tuple, list)) or len(answer) != 2:
        raise Breach(f"{function} returned {type(answer).__name__}, not a pair of embeddings and timestamps")
    return tuple(map(array_of, answer))


def torch_embedder(module, model, function=SCENES):
    """Function from float32 (n, T) to what a function of the API gives by a PyTorch model, as arrays: (n, D),
    or frames and times; and the device's name.
    """
    import torch

    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if isinstance(model, torch.nn.Module):
        model.to(device).eval()

    def embed(sounds):
        with torch.no_grad():
            answer = getattr(module, function)(torch.tensor(sounds, device=device), model)
        return arrays_of(answer, function, array_of)

    def array_of(result):
        if not isinstance(result, torch.Tensor):
            raise Breach(f"{function} returned {type(result).__name__}, not a torch.Tensor")
        if result.dtype == torch.bfloat16:  # NumPy has none
            result = result.float()
        return np.array(result.detach().cpu())

    name = torch.cuda.get_device_name() if device.type == "cuda" else platform.processor()
    return embed, f"{device.type} {name}".strip()


def tensorflow_embedder(module, model, function=SCENES):
    """The same by a TensorFlow model."""
    import tensorflow

    def embed(sounds):
        answer = getattr(module, function)(tensorflow.convert_to_tensor(sounds.copy()), model)
        return arrays_of(answer, function, array_of)

    def array_of(result):
        if not tensorflow.is_tensor(result):
            raise Breach(f"{function} returned {type(result).__name__}, not a tf.Tensor")
        return np.array(result)

    return embed, "gpu" if tensorflow.config.list_physical_devices("GPU") else "cpu"


def numpy_embedder(module, model, function=SCENES):
    """The same by a model without a framework."""

    def embed(sounds):
        return arrays_of(getattr(module, function)(sounds.copy(), model), function, array_of)

    def array_of(result):
        if not isinstance(result, np.ndarray):
            raise Breach(f"{function} returned {type(result).__name__}, not a numpy.ndarray")
        if isinstance(result, np.ma.MaskedArray):  # what its mask hides would count as values
            raise Breach(f"{function} returned a masked array; return its values, as its filled() gives them")
        return np.array(result)

    return embed, "cpu"


EMBEDDERS = {"torch": torch_embedder, "tensorflow": tensorflow_embedder, "numpy": numpy_embedder}


def in_bf16(embed, device):
    """The same function, with matrix products and convolutions in bfloat16, as PyTorch's autocast has it.

    device: its name, as torch_embedder gives it.
    """
    import torch

    def embed_in_bf16(sounds):
        with torch.autocast(device.split()[0], torch.bfloat16):
            return embed(sounds)

    return embed_in_bf16


def check_output(embeddings, n, size):
    """Raise Breach unless embeddings are a finite float32 (n, size) array."""
    if embeddings.shape != (n, size):
        raise Breach(f"get_scene_embeddings returned shape {embeddings.shape}, expected {(n, size)}")
    if embeddings.dtype != np.float32:
        raise Breach(f"get_scene_embeddings returned dtype {embeddings.dtype}, expected float32")
    if not np.isfinite(embeddings).all():
        raise Breach(f"get_scene_embeddings returned values that are not finite, for {n} finite sounds")


def out_of_memory(problem):
    """Whether an exception says that the accelerator's memory ran out (PyTorch or TensorFlow)."""
    return type(problem).__name__ in ("OutOfMemoryError", "ResourceExhaustedError")
