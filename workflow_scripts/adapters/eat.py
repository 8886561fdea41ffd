"""EAT and SSLAM from the Hugging Face hub: masked models of spectrograms with code of their own.

The weights are a folder with config.json, the tensors and the code (`trust_code: true`), and no extractor:
their authors compute the log-mel spectrogram outside, as that of the Audio Spectrogram Transformer, of the
sound without its mean. It is padded to 1,024 frames of 10 ms. Option `pooling`: `first` (the class token, the
default), `mean` or `max` over the patches, padding included.

Source
    https://github.com/cwx-worst-one/EAT (feature extraction), arXiv 2401.03497
"""

import os

import torch
from transformers import ASTFeatureExtractor, AutoModel

from adapters.transformers_audio import checked_pooling

TRUSTED = os.environ.get("GEAR_TRUST_CODE") == "1"


class Eat(torch.nn.Module):
    sample_rate = 16000

    def __init__(self, folder, pooling):
        super().__init__()
        self.pool, self.first = checked_pooling(pooling), pooling == "first"
        self.extractor = ASTFeatureExtractor()  # mean and standard deviation are those of EAT
        self.network = AutoModel.from_pretrained(folder, trust_remote_code=TRUSTED).eval()
        with torch.no_grad():
            size = self(torch.zeros(1, self.sample_rate)).shape[1]
        self.scene_embedding_size = self.timestamp_embedding_size = size

    def forward(self, audio):
        sounds = list((audio - audio.mean(dim=1, keepdim=True)).cpu().numpy())
        features = self.extractor(sounds, sampling_rate=self.sample_rate, return_tensors="pt")
        tokens = self.network.extract_features(features["input_values"][:, None].to(audio.device))
        return self.pool(tokens if self.first else tokens[:, 1:])


def load_model(model_file_path, pooling="first"):
    return Eat(model_file_path, pooling)


def get_scene_embeddings(audio, model):
    """float32 (n, D) of float32 (n, T)."""
    return model(audio)
