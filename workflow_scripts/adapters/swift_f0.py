"""SwiftF0 (Nieradzik 2025, in a later version): a pitch network of 135 kB that lies in its package.

The embedding is what the last layer but one gives, averaged over time: 4 maps of 95 pitches, a semitone wide,
from 46.875 to 2093.75 Hz. The layer after it weighs the maps and makes one distribution of pitches of them,
which puts all sounds that differ in pitch at the same distance.
"""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import swift_f0

from adapters.onnx_network import session

MAPS = "v416"  # the graph's name of that layer
MAP_SHAPE = 4, 95
BAND = {"fmin": np.array(46.875, np.float32), "fmax": np.array(2093.75, np.float32)}  # Hz, all it knows


def load_model(model_file_path=""):
    path = Path(model_file_path or Path(swift_f0.__file__).parent / "model.onnx")
    size = int(np.prod(MAP_SHAPE))
    return SimpleNamespace(
        session=session(path.read_bytes(), MAPS),
        sample_rate=16000,
        scene_embedding_size=size,
        timestamp_embedding_size=size,
    )


def get_timestamp_embeddings(audio, model):
    """Maps of each frame, float32 (n, frames, 380), and the frames' times in milliseconds."""
    maps = [model.session.run([MAPS], {"audio": sound[None]} | BAND)[0][0] for sound in audio]
    frames = np.stack(maps).reshape(len(audio), model.scene_embedding_size, -1).swapaxes(1, 2)
    times = np.arange(frames.shape[1]) * swift_f0.core.HOP * 1000 / model.sample_rate
    return frames, np.tile(times, (len(audio), 1))


def get_scene_embeddings(audio, model):
    return get_timestamp_embeddings(audio, model)[0].mean(axis=1)
