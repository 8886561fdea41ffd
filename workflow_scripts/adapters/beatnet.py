"""BeatNet (Heydari et al. 2021): beats and downbeats of music, by a convolution and an LSTM.

The embedding is what the LSTM gives, averaged over time: 150 values. Option: `model`, one of the three
networks in the package. Each was trained without one data set (1: GTZAN, 2: Ballroom, 3: Rock Corpus).
"""

from importlib.resources import files

import numpy as np
import torch
from BeatNet.log_spect import LOG_SPECT
from BeatNet.model import BDA

from adapters.inner import output_of

SAMPLE_RATE = 22050
WINDOW, HOP = 1411, 441  # samples: 64 ms, 20 ms
BANDS, INPUTS, SIZE, LAYERS = 24, 272, 150, 2  # bands in an octave; the network's inputs, width and LSTMs


def load_model(model_file_path="", model=1):
    network = BDA(INPUTS, SIZE, LAYERS, "cpu")
    weights = str(files("BeatNet") / "models" / f"model_{model}_weights.pt")
    network.load_state_dict(torch.load(weights, map_location="cpu", weights_only=True))
    network.spectrum = LOG_SPECT(1, SAMPLE_RATE, WINDOW, HOP, [BANDS], mode="offline")
    network.sample_rate = SAMPLE_RATE
    network.scene_embedding_size = network.timestamp_embedding_size = SIZE
    return network


def get_timestamp_embeddings(audio, model):
    """Output of the LSTM at each frame, float32 (n, frames, 150), and the frames' times in milliseconds."""
    spectra = np.stack([model.spectrum.process_audio(sound).T for sound in audio.cpu().numpy()])
    # the network keeps its state from call to call, as for a stream of sound
    model.hidden = model.cell = torch.zeros(LAYERS, len(audio), SIZE, device=audio.device)
    frames, _ = output_of(model.lstm, model, torch.tensor(spectra, dtype=torch.float32, device=audio.device))
    times = torch.arange(frames.shape[1], device=audio.device) * (HOP * 1000 / SAMPLE_RATE)
    return frames, times.repeat(len(audio), 1)


def get_scene_embeddings(audio, model):
    return get_timestamp_embeddings(audio, model)[0].mean(dim=1)
