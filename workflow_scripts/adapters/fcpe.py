"""FCPE (Luo et al. 2025): pitch of singing, by convolutions over a mel spectrogram.

The embedding is what the last layer but one gives, averaged over time: 512 values. The last layer makes a
distribution of pitches of them, which puts all sounds that differ in pitch at the same distance.
"""

import torch

from adapters.inner import output_of, stand_in

SIZE = 512
HOP = 10.0  # ms


def load_model(model_file_path=""):
    """The network that comes with its package; the path is not used."""
    stand_in("torchaudio")
    stand_in("torchaudio.transforms", "Resample")  # of sounds that are not at 16 kHz
    stand_in("local_attention", "LocalAttention")  # of networks with attention, which this one lacks
    from torchfcpe import spawn_bundled_infer_model

    model = spawn_bundled_infer_model(device="cpu")
    model.sample_rate = model.get_model_sr()
    model.scene_embedding_size = model.timestamp_embedding_size = SIZE
    return model


def get_timestamp_embeddings(audio, model):
    """Output of the last layer but one, float32 (n, frames, 512), and the frames' times in milliseconds."""
    frames = output_of(model.model.norm, model, audio[..., None], model.sample_rate)
    times = torch.arange(frames.shape[1], device=audio.device) * HOP
    return frames, times.repeat(len(audio), 1)


def get_scene_embeddings(audio, model):
    return get_timestamp_embeddings(audio, model)[0].mean(dim=1)
