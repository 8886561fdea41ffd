"""A HEAR model for tests that speaks of whole sounds alone."""

from types import SimpleNamespace


def load_model(model_file_path=""):
    return SimpleNamespace(sample_rate=16000, scene_embedding_size=4)


def get_scene_embeddings(audio, model):
    return audio[:, :4]
