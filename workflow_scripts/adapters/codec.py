"""Neural codecs of the Hugging Face hub by transformers: EnCodec, the Descript Audio Codec (DAC) and Mimi.

The weights are a folder with config.json and the tensors. Options: `stage` is `before` the quantiser (what
the encoder gives) or `after` it (what the codes say of that, as the decoder gets it); two entries with one of
them each show what quantisation loses. `quantizers` is how many codebooks are used after it, from the first
on; 0: all. `pooling` over time is `mean`, `max` or `first`.

A sound goes through the encoder in one piece. EnCodec at 48 kHz hears two channels, which are alike here, and
scales each sound to one level, as its own pipeline does for each second.
"""

import torch
from transformers import AutoModel

from adapters.transformers_audio import checked_pooling

STAGES = ("before", "after")


def encodec(model, audio, quantizers):
    """EnCodec's representation before and after the quantiser, (n, D, T) each, of float32 (n, 1, T)."""
    audio = audio.expand(-1, model.config.audio_channels, -1)
    if model.config.normalize:
        audio = audio / (audio.mean(1, keepdim=True).pow(2).mean(-1, keepdim=True).sqrt() + 1e-8)
    before = model.encoder(audio)
    codes = model.quantizer.encode(before)
    return before, model.quantizer.decode(codes[: quantizers or None])


def dac(model, audio, quantizers):
    """The same of DAC."""
    before = model.encoder(audio)
    return before, model.quantizer(before, quantizers or None)[0]


def mimi(model, audio, quantizers):
    """The same of Mimi; the semantic codebook is the first."""
    frames = model.encoder_transformer(model.encoder(audio).mT)[0]
    before = model.downsample(frames.mT)
    codes = model.quantizer.encode(before, quantizers or None)
    return before, model.quantizer.decode(codes.transpose(0, 1))


CODECS = {"encodec": encodec, "dac": dac, "mimi": mimi}


class Codec(torch.nn.Module):
    def __init__(self, folder, stage, quantizers, pooling):
        super().__init__()
        self.pool, self.stage, self.quantizers = checked_pooling(pooling), STAGES.index(stage), quantizers
        self.network = AutoModel.from_pretrained(folder).eval()
        kind = self.network.config.model_type
        if kind not in CODECS:
            raise ValueError(f"a model of type {kind!r} is none of the codecs {', '.join(CODECS)}")
        self.encode = CODECS[kind]
        self.sample_rate = self.network.config.sampling_rate
        with torch.no_grad():
            size = self(torch.zeros(1, self.sample_rate)).shape[1]
        self.scene_embedding_size = self.timestamp_embedding_size = size

    def forward(self, audio):
        return self.pool(self.encode(self.network, audio[:, None], self.quantizers)[self.stage].mT)


def load_model(model_file_path, stage="before", quantizers=0, pooling="mean"):
    if stage not in STAGES:
        raise ValueError(f"stage {stage!r} is none of {', '.join(STAGES)}")
    return Codec(model_file_path, stage, quantizers, pooling)


def get_scene_embeddings(audio, model):
    """float32 (n, D) of float32 (n, T)."""
    return model(audio)
