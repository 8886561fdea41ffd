"""A HEAR model in PyTorch for tests, with one parameter that belongs to no layer."""

import torch


class Bare(torch.nn.Module):
    sample_rate = 16000
    scene_embedding_size = 4

    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(16, 4)
        self.token = torch.nn.Parameter(torch.ones(4))


def load_model(model_file_path=""):
    return Bare()


def get_scene_embeddings(audio, model):
    return model.layer(audio[:, :16]) + model.token
