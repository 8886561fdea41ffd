"""The audit: what a model does on a few sounds, before it embeds all of them.

It checks shape, dtype and finite values, and that the same sounds get the same answer twice. It measures
whether answers differ between sounds, whether a sound gets the same answer alone and inside a batch, which
part of a clip the model sees, and what silence behind a sound, a small delay and a gain do to its answer.
"""

import numpy as np

from embed.hear import Breach, check_output

# largest difference, relative to the largest value, that counts as the same
TOLERANCE = {"float32": 1e-4, "bf16": 1e-2}
AUDIT_SOUNDS = 4
VIEW_STEPS = 32  # the share of a clip that a model sees is measured in steps of 1/32
DELAY = 5  # samples


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


# --- what leaves a sound the same ------------------------------------------------------------------


def cosine(a, b):
    """Mean cosine between rows of a and b (n, D). Two rows of zeros are alike; one is unlike any other."""
    a, b = a.astype(np.float64), b.astype(np.float64)
    lengths = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
    products = np.sum(a * b, axis=1)
    alike = np.where(lengths > 0, products / np.where(lengths > 0, lengths, 1), (a == b).all(axis=1))
    return float(alike.mean())


def others_cosine(embeddings):
    """Mean cosine between the embeddings of different sounds (n, D); 1 if there is one sound."""
    pairs = [(i, j) for i in range(len(embeddings)) for j in range(i)]
    if not pairs:
        return 1.0
    i, j = np.transpose(pairs)
    return cosine(embeddings[i], embeddings[j])


def changes(embed, sounds, size, alone):
    """What a sound's own embedding becomes under changes that leave the sound the same: facts.

    embed: as audit() takes it; sounds: a few, float32 (n, T); size: of the model's own embedding, the first
    of each row; alone: whether each sound goes alone. A cosine is the mean over the sounds, of each to
    itself, and `other_cosine` that between different sounds. A clip of twice the length, half of it silence,
    may be more than a model takes: `silence_refused` tells its words, and `silence_cosine` is None.
    """

    def heard(sounds):
        batches = sounds[:, None] if alone or sounds.shape[1] > T else [sounds]
        return np.concatenate([embed(batch) for batch in batches])[:, :size]

    T = sounds.shape[1]
    plain = heard(sounds)
    delayed = np.pad(sounds, ((0, 0), (DELAY, 0)))[:, :T]
    facts = {
        "other_cosine": others_cosine(plain),
        "shift_cosine": cosine(plain, heard(delayed)),
        "half_gain_cosine": cosine(plain, heard(0.5 * sounds)),
        "double_gain_cosine": cosine(plain, heard(2 * sounds)),
    }
    try:
        longer = heard(np.pad(sounds, ((0, 0), (0, T))))
        check_output(longer, len(sounds), size)
    except (Exception, SystemExit) as problem:
        lines = str(problem).splitlines() or [type(problem).__name__]
        return facts | {"silence_cosine": None, "silence_refused": lines[0]}
    return facts | {"silence_cosine": cosine(plain, longer), "silence_refused": ""}
