"""The deep chroma extractor of madmom (Korzeniowski & Widmer 2016), trained on the notes of chords.

It hears 15 frames at a time of a spectrum of 24 bands per octave, 65 to 2100 Hz, ten times a second. The
embedding is its last hidden layer, averaged over time: 256 values. The 12 pitch classes follow after that.
"""

from types import SimpleNamespace

import numpy as np
from madmom.audio.chroma import DeepChromaProcessor
from madmom.audio.signal import Signal

FRAMES_PER_SECOND = 10


def load_model(model_file_path=""):
    *features, ensemble = DeepChromaProcessor(models=[model_file_path] if model_file_path else None)
    [network] = ensemble[0].processors  # an ensemble of one
    return SimpleNamespace(
        steps=[*features, *network.layers[:-1]],
        parameters=sum(layer.weights.size + layer.bias.size for layer in network.layers),
        sample_rate=44100,
        scene_embedding_size=256,
        timestamp_embedding_size=256,
    )


def get_timestamp_embeddings(audio, model):
    """The last hidden layer at each frame, float32 (n, frames, 256), and the frames' times in ms."""
    frames = []
    for sound in audio:
        heard = Signal(sound, sample_rate=model.sample_rate, num_channels=1)
        for step in model.steps:
            heard = step(heard)
        frames.append(np.asarray(heard, dtype=np.float32))
    frames = np.stack(frames)
    times = np.arange(frames.shape[1]) * 1000 / FRAMES_PER_SECOND
    return frames, np.tile(times, (len(audio), 1))


def get_scene_embeddings(audio, model):
    return get_timestamp_embeddings(audio, model)[0].mean(axis=1)
