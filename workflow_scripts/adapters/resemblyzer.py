"""Resemblyzer (Jemine 2019): whose voice it is, by an LSTM for speaker verification (Wan et al. 2018).

The embedding is the published one, of length 1. As published, sounds below -30 dB are raised to that level,
louder ones are left, and clips below 1.6 s are filled with silence. The package would also cut silence out
of recordings; that is left out here.
"""

import numpy as np
import torch

from adapters.inner import stand_in

SIZE = 256
LEVEL = -30  # dB re full scale


def load_model(model_file_path=""):
    """The network that comes with its package; the path is not used."""
    stand_in("webrtcvad")  # which cuts out silence
    from resemblyzer import VoiceEncoder

    model = VoiceEncoder("cpu", verbose=False)
    model.sample_rate = 16000
    model.scene_embedding_size = model.timestamp_embedding_size = SIZE
    return model


def get_scene_embeddings(audio, model):
    """float32 (n, 256) of float32 (n, T)."""
    from resemblyzer import normalize_volume

    model.device = audio.device  # where the package puts its spectrograms
    sounds = [normalize_volume(x, LEVEL, increase_only=True) if x.any() else x for x in audio.cpu().numpy()]
    embeddings = np.stack([model.embed_utterance(sound) for sound in sounds])
    return torch.tensor(embeddings, device=audio.device)
