"""A HEAR model in PyTorch for tests: two convolutions. The second output, averaged, is its embedding.

`frames` cuts a sound into pieces that run through the network one after the other, as CREPE does it.
"""

import torch


class Layered(torch.nn.Module):
    sample_rate = 16000
    scene_embedding_size = timestamp_embedding_size = 6

    def __init__(self, frames):
        super().__init__()
        torch.manual_seed(0)
        self.first = torch.nn.Conv1d(1, 4, 9, stride=4)
        self.second = torch.nn.Conv1d(4, 6, 9, stride=4)
        self.unused = torch.nn.Linear(2, 2)
        self.shared = torch.nn.Identity()  # runs twice in a pass
        self.frames = frames

    def forward(self, audio):
        """Moments, (n, moments, 6)."""
        pieces = audio.reshape(len(audio) * self.frames, 1, -1)
        hidden = self.shared(torch.relu(self.first(pieces)))
        moments = self.shared(hidden + 1)[:, :0].sum() + self.second(hidden)
        return moments.mT.reshape(len(audio), -1, 6)


def load_model(model_file_path="", frames=1):
    return Layered(frames)


def get_timestamp_embeddings(audio, model):
    moments = model(audio)
    each = audio.shape[1] / moments.shape[1] / model.sample_rate * 1000
    times = (torch.arange(moments.shape[1]) + 0.5) * each
    return moments, times.expand(len(audio), -1)


def get_scene_embeddings(audio, model):
    return model(audio).mean(dim=1)
