"""HEAR's other half: embeddings of moments, pooled over time (`embedding: timestamps` of an entry).

`get_timestamp_embeddings(audio, model)` gives float (n, frames, D), and the middle of each frame in ms, (n,
frames). A pooling makes one row a sound of it. Several poolings come from one pass and stand side by side.
With a hop, only the frames that lie nearest to its multiples count, each once.
"""

import numpy as np

from embed.hear import TIMES, Breach

FEWEST = 0.01  # of a clip that its frames must span, or their times are not in ms


def mean_and_std(frames):
    return np.concatenate([frames.mean(axis=1), frames.std(axis=1)], axis=1)


POOLINGS = {  # each makes (n, D') of (n, frames, D)
    "mean": lambda frames: frames.mean(axis=1),
    "std": lambda frames: frames.std(axis=1),
    "mean_std": mean_and_std,
    "max": lambda frames: frames.max(axis=1),
    "first": lambda frames: frames[:, 0],
    "last": lambda frames: frames[:, -1],
}


def check_model(module, model):
    """Raise Breach unless a model speaks of moments. module: as it was loaded."""
    if not callable(getattr(module, TIMES, None)):
        raise Breach(
            f"`embedding: timestamps` needs the function {TIMES}() of the HEAR API, which the module does "
            "not have; leave the key out for get_scene_embeddings()"
        )
    if not hasattr(model, "timestamp_embedding_size"):
        raise Breach(
            "the model has no attribute timestamp_embedding_size, which the HEAR API requires beside "
            f"{TIMES}()"
        )


def check_frames(frames, times, n, size, clip_ms):
    """Raise Breach unless frames are float32 (n, frames, size), and times rise within the clip, in ms."""
    if frames.ndim != 3 or len(frames) != n or frames.shape[1] == 0 or frames.shape[2] != size:
        raise Breach(f"{TIMES} returned embeddings of shape {frames.shape}, expected ({n}, frames, {size})")
    if frames.dtype != np.float32:
        raise Breach(f"{TIMES} returned embeddings of dtype {frames.dtype}, expected float32")
    if not np.isfinite(frames).all():
        raise Breach(f"{TIMES} returned embeddings that are not finite, for {n} finite sounds")
    if times.shape != frames.shape[:2]:
        raise Breach(f"{TIMES} returned timestamps of shape {times.shape}, expected {frames.shape[:2]}")
    if not np.isfinite(times).all():
        raise Breach(f"{TIMES} returned timestamps that are not finite")
    if (np.diff(times, axis=1) <= 0).any():
        raise Breach(f"{TIMES} returned timestamps that do not rise from frame to frame")
    first, last = float(times[:, 0].min()), float(times[:, -1].max())
    too_short = times.shape[1] > 1 and last - first < FEWEST * clip_ms
    if too_short or first < -clip_ms or last > 2 * clip_ms + 100:
        raise Breach(
            f"{TIMES} returned timestamps from {first:g} to {last:g} for a clip of {clip_ms:g} ms; they must "
            "be in milliseconds and lie within the clip"
        )


def at_hop(frames, times, hop):
    """The frames nearest to the multiples of a hop (ms) that the times reach, each once: (n, frames', D).

    The times of the first sound choose for all. A hop of 0, or below that of the model, keeps all frames.
    """
    of_one = times[0]
    if len(of_one) == 1 or hop <= np.diff(of_one).min() / 2:  # each is the nearest to a multiple
        return frames
    multiples = hop * np.arange(np.round(of_one[0] / hop), np.round(of_one[-1] / hop) + 1)
    nearest = np.abs(of_one[:, None] - multiples).argmin(axis=0)
    return frames[:, np.unique(nearest)]


def with_pooling(embed_moments, model, poolings, hop):
    """Function from float32 (n, T) to (n, sum of widths): a sound's poolings side by side; and their widths.

    embed_moments: function from sounds to (frames, times). poolings: names; hop: in ms, 0 for all frames.
    """
    size = model.timestamp_embedding_size

    def embed(sounds):
        frames, times = embed_moments(sounds)
        check_frames(frames, times, len(sounds), size, 1000 * sounds.shape[1] / model.sample_rate)
        kept = at_hop(frames, times, hop)
        return np.concatenate([POOLINGS[name](kept) for name in poolings], axis=1)

    return embed, [2 * size if name == "mean_std" else size for name in poolings]
