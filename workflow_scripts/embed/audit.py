"""The audit: what a model does on a few sounds, before it embeds all of them.

It checks shape, dtype and finite values, and that the same sounds get the same answer twice. It measures
whether answers differ between sounds, whether a sound gets the same answer alone and inside a batch, and
which part of a clip the model sees.
"""

import numpy as np

from embed.hear import Breach, check_output

# largest difference, relative to the largest value, that counts as the same
TOLERANCE = {"float32": 1e-4, "bf16": 1e-2}
AUDIT_SOUNDS = 4
VIEW_STEPS = 32  # the share of a clip that a model sees is measured in steps of 1/32


def difference(a, b, widths=None):
    """Largest absolute difference of two arrays, relative to the largest absolute value of a.

    widths: of embeddings that stand side by side in a and b (n, D), each taken by its own scale.
    """
    if widths is not None:
        ends = np.cumsum(widths)[:-1]
        return max(map(difference, np.split(a, ends, axis=1), np.split(b, ends, axis=1)))
    scale = np.abs(a).max()
    return float(np.abs(a - b).max() / scale) if scale else float(np.abs(b).max())


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
    A model whose answer for a sound differs alone and inside a batch is marked `batch_dependent`. Layers are
    marked `layers_mixed` if their pieces cannot be told apart in a batch; alone they are right. Two copies,
    20 and 60 dB down, join the sounds, because a floor relative to the loudest of a batch acts on soft sounds
    only.
    """
    sounds = np.concatenate([sounds, 0.1 * sounds[:1], 0.001 * sounds[-1:]]).astype(np.float32)
    batch = embed(sounds)
    check_output(batch, len(sounds), sum(widths))
    repeated = difference(batch, embed(sounds), widths)
    if repeated > tolerance:
        raise Breach(
            f"the same sounds gave another answer the second time (relative difference {repeated:.1e}, "
            f"at most {tolerance:.0e} expected): is something drawn at random, or not in eval mode?"
        )
    alone = np.concatenate([embed(sounds[i : i + 1]) for i in range(len(sounds))])
    check_output(alone, len(sounds), sum(widths))
    own_batch, layers_batch = np.split(batch, widths[:1], axis=1)
    own_alone, layers_alone = np.split(alone, widths[:1], axis=1)
    mixed = difference(own_batch, own_alone)
    start, end = view(embed, sounds.shape[1], np.sqrt(np.mean(sounds[:-2] ** 2)), widths, tolerance)
    spread = difference(own_alone, np.broadcast_to(own_alone[:1], own_alone.shape))
    layers_mixed = len(widths) > 1 and difference(layers_batch, layers_alone, widths[1:]) > tolerance
    return {
        "sounds": len(sounds),
        "repeat_difference": repeated,
        "batch_difference": mixed,
        "batch_dependent": mixed > tolerance,
        "layers_mixed": layers_mixed,
        "varies": spread > tolerance,
        "view_start": start,
        "view_end": end,
        "view_share": end - start,
    }
