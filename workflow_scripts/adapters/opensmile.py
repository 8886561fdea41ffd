"""Acoustic features of speech by openSMILE: eGeMAPS (Eyben et al. 2016), 88 functionals of a clip.

Options: feature_set (a name of opensmile.FeatureSet) and sample_rate (Hz).
"""

from types import SimpleNamespace

import numpy as np
import opensmile


def load_model(model_file_path="", feature_set="eGeMAPSv02", sample_rate=16000):
    smile = opensmile.Smile(opensmile.FeatureSet[feature_set], opensmile.FeatureLevel.Functionals)
    size = len(smile.feature_names)
    return SimpleNamespace(smile=smile, sample_rate=sample_rate, scene_embedding_size=size, parameters=0)


def get_scene_embeddings(audio, model):
    """Functionals of each clip, float32 (n, D)."""
    clips = [model.smile.process_signal(clip, model.sample_rate).to_numpy()[0] for clip in audio]
    return np.stack(clips).astype(np.float32)
