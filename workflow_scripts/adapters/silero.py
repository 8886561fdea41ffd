"""Silero's detector of speech (Silero Team, version 6).

The embedding is the output of its LSTM, averaged over time: 128 values. Each frame of 32 ms is heard with
the 4 ms before it; the last frame is filled with silence. Importing the package sets PyTorch to one thread,
which is enough: a second of sound takes milliseconds.
"""

import silero_vad
import torch
import torch.nn.functional as F

SIZE = 128
FRAME, CONTEXT = 512, 64  # samples


class Silero(torch.nn.Module):
    sample_rate = 16000
    scene_embedding_size = timestamp_embedding_size = SIZE

    def __init__(self):
        super().__init__()
        # the part for 16 kHz, as a function of a frame and of the state: it keeps nothing from sound to sound
        self.network = silero_vad.load_silero_vad()._model

    def forward(self, audio):
        padded = F.pad(audio, (CONTEXT, -audio.shape[1] % FRAME))
        state, states = audio.new_zeros(2, len(audio), SIZE), []
        for frame in padded.unfold(1, CONTEXT + FRAME, FRAME).unbind(1):
            _, state = self.network(frame, state)
            states.append(state[0])
        return torch.stack(states, dim=1)


def load_model(model_file_path=""):
    """The network that comes with its package; the path is not used."""
    return Silero()


def get_timestamp_embeddings(audio, model):
    """State after each frame, float32 (n, frames, 128), and the frames' middles in milliseconds."""
    frames = model(audio)
    times = (torch.arange(frames.shape[1], device=audio.device) + 0.5) * (FRAME * 1000 / model.sample_rate)
    return frames, times.repeat(len(audio), 1)


def get_scene_embeddings(audio, model):
    return get_timestamp_embeddings(audio, model)[0].mean(dim=1)
