"""Random weights in the very format that a model's loader expects, small where its code lets them be.

Run in the model's own environment: python tiny_weights.py MODEL FOLDER. Transformers have two layers; the
others have the size of the real ones, which their code fixes.
"""

import sys
from pathlib import Path


def openl3(folder):
    import torch
    from torchopenl3.models import PytorchOpenl3

    torch.manual_seed(0)
    network = PytorchOpenl3(input_repr="mel256", embedding_size=6144, content_type="music")
    torch.save(network.state_dict(), folder / "torchopenl3_mel256_music_6144.pth.tar")


def byol(folder):
    import torch
    from byol_a.models.cvt import CvT

    torch.manual_seed(0)
    sizes = {"s1_emb_dim": 64, "s2_emb_dim": 256, "s3_emb_dim": 512}  # as config.yaml has them
    depths = {f"s{i}_{key}": value for i in (1, 2, 3) for key, value in (("depth", 1), ("mlp_mult", 4))}
    network = CvT(**sizes, **depths, pool="mean+max")
    torch.save(network.state_dict(), folder / "cvt.pth")


def speech_transformer(folder, kind, hidden):
    """config.json, preprocessor_config.json and pytorch_model.bin of a small HuBERT or wav2vec 2.0."""
    import torch
    import transformers

    torch.manual_seed(0)
    shape = {
        "hidden_size": hidden,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "intermediate_size": 256,
    }
    stable = {"feat_extract_norm": "layer", "do_stable_layer_norm": True, "conv_bias": True}
    config = getattr(transformers, f"{kind}Config")(**shape, **stable)
    folder.mkdir(parents=True, exist_ok=True)
    network = getattr(transformers, f"{kind}Model")(config)
    network.save_pretrained(folder, safe_serialization=False)
    transformers.Wav2Vec2FeatureExtractor(sampling_rate=16000).save_pretrained(folder)


def wav2vec2(folder):
    speech_transformer(folder / "wav2vec2", "Wav2Vec2", 1024)


def gura(folder):
    speech_transformer(folder / "hubert", "Hubert", 128)
    speech_transformer(folder / "wav2vec2", "Wav2Vec2", 1024)


def yamnet(folder):
    """An archive with a SavedModel of YAMNet's signature: patches of 96 log-mel frames, one random layer."""
    import tarfile

    import tensorflow as tf

    class Network(tf.Module):
        def __init__(self):
            super().__init__()
            self.layer = tf.Variable(tf.random.stateless_normal((96 * 64, 1024), (0, 0)) / 78)
            self.mel = tf.signal.linear_to_mel_weight_matrix(64, 257, 16000, 125.0, 7500.0)

        @tf.function(input_signature=[tf.TensorSpec([None], tf.float32)])
        def __call__(self, waveform):
            length = tf.maximum(tf.shape(waveform)[0], 15600)
            waveform = tf.pad(waveform, [[0, length - tf.shape(waveform)[0]]])
            spectrum = tf.abs(tf.signal.stft(waveform, 400, 160, 512))
            logmel = tf.math.log(spectrum @ self.mel + 0.001)
            patches = tf.signal.frame(logmel, 96, 48, axis=0)
            embeddings = tf.nn.relu(tf.reshape(patches, [-1, 96 * 64]) @ self.layer)
            return tf.zeros([tf.shape(embeddings)[0], 521]), embeddings, logmel

    tf.saved_model.save(Network(), folder / "model")
    with tarfile.open(folder / "yamnet.tar.gz", "w:gz") as archive:
        archive.add(folder / "model", arcname=".")


def yamnet_hear(folder):
    """Batch-norm statistics are those of noise: with the default ones the embedding shrinks to 1e-19."""
    import numpy
    import tensorflow
    from yamnet import params
    from yamnet.yamnet import yamnet_frames_model

    tensorflow.keras.utils.set_random_seed(0)
    network = yamnet_frames_model(params)
    norms = [layer for layer in network.layers if "BatchNormalization" in type(layer).__name__]
    for norm in norms:
        norm.momentum = 0.0
    noise = numpy.random.default_rng(0).uniform(-1, 1, (1, 48000)).astype("float32")
    for _ in norms:
        network(noise, training=True)
    network.save_weights(folder / "yamnet.h5")


def transformers_model(folder, config, extractor):
    """A model of the hub with random weights, and its extractor, in one folder."""
    import torch
    import transformers

    torch.manual_seed(0)
    folder.mkdir(parents=True, exist_ok=True)
    transformers.AutoModel.from_config(config).save_pretrained(folder)
    extractor.save_pretrained(folder)


def wavlm(folder):
    import transformers

    shape = {"hidden_size": 64, "num_hidden_layers": 3, "num_attention_heads": 4, "intermediate_size": 128}
    config = transformers.WavLMConfig(**shape, conv_dim=[32] * 7, num_conv_pos_embeddings=16)
    transformers_model(folder / "wavlm", config, transformers.Wav2Vec2FeatureExtractor(sampling_rate=16000))


def ast(folder):
    import transformers

    shape = {"hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 128}
    extractor = transformers.ASTFeatureExtractor()
    transformers_model(folder / "ast", transformers.ASTConfig(**shape), extractor)


def clap(folder, name="clap", truncation="rand_trunc", **audio):
    import transformers

    shape = {"patch_embeds_hidden_size": 16, "hidden_size": 128, "depths": [2, 2, 2, 2]}
    audio |= {**shape, "num_attention_heads": [2, 2, 2, 2]}
    text = {"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 32}
    config = transformers.ClapConfig(text_config=text, audio_config=audio)
    extractor = transformers.ClapFeatureExtractor(truncation=truncation, padding="repeatpad")
    transformers_model(folder / name, config, extractor)


def clap_fused(folder):
    clap(folder, "clap_fused", "fusion", enable_fusion=True, fusion_type="aff_2d")


def whisper(folder):
    import transformers

    shape = {"d_model": 64, "encoder_layers": 2, "decoder_layers": 1, "encoder_attention_heads": 4}
    rest = {"decoder_attention_heads": 4, "encoder_ffn_dim": 128, "decoder_ffn_dim": 128, "vocab_size": 100}
    ids = {"pad_token_id": 0, "bos_token_id": 0, "eos_token_id": 0, "decoder_start_token_id": 0}
    config = transformers.WhisperConfig(**shape, **rest, **ids)
    transformers_model(folder / "whisper", config, transformers.WhisperFeatureExtractor())


if __name__ == "__main__":
    name, folder = sys.argv[1:]
    Path(folder).mkdir(parents=True, exist_ok=True)
    globals()[name](Path(folder))
