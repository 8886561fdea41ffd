"""Audio models of the Hugging Face hub by transformers: WavLM, HuBERT, wav2vec 2.0, data2vec, Whisper, CLAP,
the Audio Spectrogram Transformer, and others that AutoModel and AutoFeatureExtractor load.

The weights are a folder with config.json, preprocessor_config.json and the tensors. A model of audio and text
(CLAP) gives its audio half, an encoder and decoder (Whisper) its encoder.

Options: `layer` is the hidden state (0: the input of the first layer, -1: the output of the last). `pooling`
is `mean` over time (and frequency), `first` (the class token, where there is one) or `pooler` (the model's
own, whatever the layer).

Padding: Whisper's extractor pads to 30 s, and the mean is over the part that the sound fills. The transformer
of spectrograms sees 10 s, and its mean is over all of them, silence included. Layers by hooks (`layers` of an
entry) average over the padding of both; use the option `layer` for these two models.
"""

import math

import torch
from transformers import AutoFeatureExtractor, AutoModel

POOLINGS = ("mean", "first", "pooler")


class Representation(torch.nn.Module):
    def __init__(self, folder, layer, pooling):
        super().__init__()
        self.extractor = AutoFeatureExtractor.from_pretrained(folder)
        whole = AutoModel.from_pretrained(folder).eval()
        half = whole.get_encoder() if whole.config.is_encoder_decoder else whole
        self.network = getattr(half, "audio_model", half)
        self.layer, self.pooling = layer, pooling
        self.sample_rate = self.extractor.sampling_rate
        with torch.no_grad():
            size = self(torch.zeros(1, self.sample_rate)).shape[1]
        self.scene_embedding_size = self.timestamp_embedding_size = size

    def forward(self, audio):
        sounds = list(audio.cpu().numpy())
        features = self.extractor(sounds, sampling_rate=self.sample_rate, return_tensors="pt")
        features = {name: value.to(audio.device) for name, value in features.items()}
        output = self.network(**features, output_hidden_states=True)
        if self.pooling == "pooler":
            return output.pooler_output
        hidden = output.hidden_states[self.layer]
        hidden = hidden.flatten(2).mT if hidden.ndim == 4 else hidden  # (n, C, F, T) of images
        if self.pooling == "first":
            return hidden[:, 0]
        padded = getattr(self.extractor, "n_samples", 0)
        kept = math.ceil(hidden.shape[1] * audio.shape[1] / padded) if padded else hidden.shape[1]
        return hidden[:, :kept].mean(dim=1)


def load_model(model_file_path, layer=-1, pooling="mean"):
    if pooling not in POOLINGS:
        raise ValueError(f"pooling {pooling!r} is none of {', '.join(POOLINGS)}")
    return Representation(model_file_path, layer, pooling)


def get_scene_embeddings(audio, model):
    """float32 (n, D) of float32 (n, T)."""
    return model(audio)
