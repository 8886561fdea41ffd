"""The layers of a PyTorch network: what each gives for a sound, taken by hooks in the model's own pass."""

import difflib
import importlib

import numpy as np

from embed.hear import Breach


def find_network(path, model):
    """The torch.nn.Module at a dotted path, such as torchcrepe.infer.model; the model itself if it is empty.

    The longest prefix that imports is a Python module, the rest are attributes of it. Raises Breach.
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


def tensor_of(output):
    """The first tensor of what a layer returns: a tensor, or a tuple or mapping of them."""
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


def check_names(names, modules):
    """Raise Breach if a name is not among the submodules of a network, {name: module}."""
    for name in names:
        if name not in modules:
            near = difflib.get_close_matches(name, modules, n=3)
            if near:
                hint = f"did you mean {', '.join(near)}?"
            else:
                hint = f"it has: {', '.join(list(modules)[1:13])}, ..."
            raise Breach(f"the network has no layer {name!r}; {hint}")


def check_order(ran, names):
    """Raise Breach unless the layers that ran, in their order, are those that were asked for."""
    if missing := [name for name in names if name not in ran]:
        raise Breach(f"layer {missing[0]!r} did not run when a sound was embedded; leave it out")
    if ran != names:
        raise Breach(f"list the layers in the order in which they run: {', '.join(ran)}")


def with_layers(embed, network, layers):
    """Function from float32 (n, T) to a list of arrays (n, D): what `embed` gives, then each layer.

    layers: {name of a submodule of network: axis of its channels}, in the order of the forward pass. A
    layer may see a sound in several pieces (frames), one after the other along its first axis; their mean
    is taken. Raises Breach for a layer that does not exist, does not run, or runs in another order.
    """
    modules = dict(network.named_modules())
    check_names(layers, modules)
    taken = {}  # name: pieces, in the order in which the layers first ran

    def take(name):
        return lambda module, inputs, output: taken.setdefault(name, []).append(pooled(output, layers[name]))

    for name in layers:
        modules[name].register_forward_hook(take(name))

    def embed_all_layers(sounds):
        taken.clear()
        embeddings = [embed(sounds)]
        check_order(list(taken), list(layers))
        for name in layers:
            pieces = np.concatenate(taken[name])
            if len(pieces) % len(sounds):
                raise Breach(f"layer {name!r} gives {len(pieces)} pieces for {len(sounds)} sounds")
            embeddings.append(pieces.reshape(len(sounds), -1, pieces.shape[1]).mean(axis=1))
        return embeddings

    return embed_all_layers


def side_by_side(embed_all_layers, sounds):
    """The same function with the arrays side by side, (n, sum of widths), and their widths.

    sounds: a few, float32 (n, T), which show the widths.
    """
    widths = [embeddings.shape[1] for embeddings in embed_all_layers(sounds)]

    def embed_side_by_side(sounds):
        return np.concatenate(embed_all_layers(sounds), axis=1)

    return embed_side_by_side, widths
