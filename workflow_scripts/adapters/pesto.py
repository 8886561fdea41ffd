"""PESTO (Riou et al. 2023): pitch, learned without labels, from how far the same sound was transposed.

The embedding is the input of the last layer, averaged over time: 3 maps of 219 bins, three in a semitone.
The last layer makes one distribution of pitches of them, which puts all sounds that differ in pitch at the
same distance. Of the two checkpoints in the package this is the one that fits its code (mir-1k_g7).

Option: `hop`, the time from frame to frame in ms. Each frame costs the same.
"""

from collections import defaultdict
from typing import Any

import torch
from omegaconf import DictConfig, ListConfig
from omegaconf.base import ContainerMetadata, Metadata
from omegaconf.nodes import AnyNode

from adapters.inner import output_of, stand_in

SAMPLE_RATE = 22050  # Hz; the package takes any
SIZE = 3 * 219
# what the checkpoint holds besides tensors: its settings
SETTINGS = [ListConfig, DictConfig, ContainerMetadata, Metadata, AnyNode, Any, defaultdict, dict, list, int]


def load_model(model_file_path="", hop=50):
    stand_in("torchaudio")  # this and the next: of its command line
    stand_in("tqdm", "tqdm")
    from pesto.loader import load_model as load

    with torch.serialization.safe_globals(SETTINGS):
        model = load(model_file_path or "mir-1k_g7", step_size=hop, sampling_rate=SAMPLE_RATE)
    keep_as_buffers(model.preprocessor)
    model.sample_rate = SAMPLE_RATE
    model.scene_embedding_size = model.timestamp_embedding_size = SIZE
    return model


def keep_as_buffers(transform):
    """Make buffers of the filters of a transform: computed and not trained, they are no parameters."""
    for module in transform.modules():
        for name, filters in list(module.named_parameters(recurse=False)):
            delattr(module, name)
            module.register_buffer(name, filters.data)


def get_timestamp_embeddings(audio, model):
    """Maps of each frame, float32 (n, frames, 657), and the frames' times in milliseconds."""
    frames = output_of(model.encoder.flatten, model, audio, model.sample_rate).unflatten(0, (len(audio), -1))
    times = torch.arange(frames.shape[1], device=audio.device) * float(model.hop_size)
    return frames, times.repeat(len(audio), 1)


def get_scene_embeddings(audio, model):
    return get_timestamp_embeddings(audio, model)[0].mean(dim=1)
