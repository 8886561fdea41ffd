"""Audio models of the Hugging Face hub by transformers: WavLM, HuBERT, wav2vec 2.0, data2vec, Whisper, CLAP,
the Audio Spectrogram Transformer, and others that AutoModel and AutoFeatureExtractor load.

The weights are a folder with config.json, preprocessor_config.json and the tensors. A model of audio and text
(CLAP) gives its audio half, an encoder and decoder (Whisper) its encoder. Code in the folder is loaded if the
entry says `trust_code: true`.

Options
    `output` names what of the model's answer is the embedding, with dots between the steps:
    `hidden_states.-1` (the output of the last layer; `hidden_states.0` is the input of the first),
    `last_hidden_state`, `pooler_output`, `x`, `0`. `""` takes the whole answer, if that is a tensor.
    `pooling` is `mean` or `max` over time (and frequency) or `first` (the class token, where there is one).
    An output with one vector a sound is taken as it is.
    `extractor` names a feature extractor of transformers, as its defaults are, for a folder that brings none
    (`ASTFeatureExtractor`), or is `waveform`: the model's call takes the waveforms, (n, T). With `waveform
    and length` it takes their lengths in samples, too.
    `architecture` names a class of transformers to load in place of AutoModel's choice.

Moments (`embedding: timestamps`) are the frames before that pooling. A model that cuts a spectrogram into
patches has none.

Padding: Whisper's extractor pads to 30 s, and the pooling is over the part that the sound fills. The
transformer of spectrograms sees 10 s, and its mean is over all of them, silence included. Layers by hooks
(`layers` of an entry) average over the padding of both; use the option `output` for these two models.
"""

import inspect
import math
import os
import re

import torch
import transformers

POOLINGS = {
    "mean": lambda frames: frames.mean(dim=1),
    "max": lambda frames: frames.amax(dim=1),
    "first": lambda frames: frames[:, 0],
}
RAW = ("waveform", "waveform and length")
TRUSTED = os.environ.get("GEAR_TRUST_CODE") == "1"  # embed.py has checked the folder's code then


def checked_pooling(pooling):
    """The function of a pooling, float (n, T, D) to (n, D). Raises ValueError."""
    if pooling not in POOLINGS:
        raise ValueError(f"pooling {pooling!r} is none of {', '.join(POOLINGS)}")
    return POOLINGS[pooling]


def part_of(answer, output):
    """The tensor of a model's answer that `output` names. Raises ValueError, which says what there is."""
    for step in output.split(".") if output else []:
        names = list(answer) if isinstance(answer, dict) else []
        count = len(answer) if isinstance(answer, (tuple, dict, list)) else 0
        if step in names:
            answer = answer[step]
        elif re.fullmatch(r"-?\d+", step) and -count <= int(step) < count:
            answer = (tuple(answer.values()) if names else answer)[int(step)]
        else:
            what = f"the names {', '.join(names)}" if names else f"{count} parts" if count else "no parts"
            raise ValueError(f"output {output!r}: there is no {step!r} in an answer with {what}")
    if not isinstance(answer, torch.Tensor):
        parts = ", ".join(answer) if isinstance(answer, dict) else f"0 to {len(answer) - 1}"
        raise ValueError(
            f"output {output!r} is no tensor but has parts of its own: go on with one of {parts}"
        )
    return answer


def extractor_of(folder, name):
    """The feature extractor of a folder, or the one of that name as its defaults are."""
    if name:
        return getattr(transformers, name)()
    return transformers.AutoFeatureExtractor.from_pretrained(folder, trust_remote_code=TRUSTED)


class Representation(torch.nn.Module):
    def __init__(self, folder, output, pooling, extractor, architecture, sample_rate):
        super().__init__()
        self.output, self.pool = output, checked_pooling(pooling)
        self.raw = extractor if extractor in RAW else ""
        self.extractor = None if self.raw else extractor_of(folder, extractor)
        whole = getattr(transformers, architecture).from_pretrained(folder, trust_remote_code=TRUSTED).eval()
        half = whole.get_encoder() if whole.config.is_encoder_decoder else whole
        self.network = getattr(half, "audio_model", half)
        words = inspect.signature(self.network.forward).parameters.values()
        takes = any(word.name == "output_hidden_states" or word.kind is word.VAR_KEYWORD for word in words)
        self.words = {"output_hidden_states": True} if takes else {}
        self.sample_rate = self.extractor.sampling_rate if self.extractor else sample_rate
        with torch.no_grad():
            size = self(torch.zeros(1, self.sample_rate)).shape[1]
        self.scene_embedding_size = self.timestamp_embedding_size = size

    def answer(self, audio):
        """What the network gives for float32 (n, T)."""
        if self.raw:
            lengths = [torch.full((len(audio),), audio.shape[1], device=audio.device)]
            return self.network(audio, *(lengths if "length" in self.raw else []), **self.words)
        sounds = list(audio.cpu().numpy())
        features = self.extractor(sounds, sampling_rate=self.sample_rate, return_tensors="pt")
        if "is_longer" in features:  # CLAP's calls one sound of each batch long, drawn at random, if none is
            longer = audio.shape[1] > self.extractor.nb_max_samples
            features["is_longer"] = torch.full_like(features["is_longer"], longer)
        features = {name: value.to(audio.device) for name, value in features.items()}
        return self.network(**features, **self.words)

    def moments(self, audio):
        """The output over time, (n, frames, D); of an output with one vector a sound, (n, D)."""
        frames = part_of(self.answer(audio), self.output)
        if frames.ndim == 2:
            return frames
        frames = frames.flatten(2).mT if frames.ndim == 4 else frames  # (n, C, F, T) of images
        if frames.ndim != 3 or len(frames) != len(audio):
            raise ValueError(
                f"output {self.output!r} has the shape {tuple(frames.shape)} for {len(audio)} sounds; "
                "state one of shape (sounds, D) or (sounds, time, D)"
            )
        padded = getattr(self.extractor, "n_samples", 0)
        kept = math.ceil(frames.shape[1] * audio.shape[1] / padded) if padded else frames.shape[1]
        return frames[:, :kept]

    def forward(self, audio):
        moments = self.moments(audio)
        return moments if moments.ndim == 2 else self.pool(moments)


def load_model(
    model_file_path,
    output="hidden_states.-1",
    pooling="mean",
    extractor="",
    architecture="AutoModel",
    sample_rate=16000,
):
    """The representation of a folder. `sample_rate` (Hz) is that of a model that takes waveforms."""
    return Representation(model_file_path, output, pooling, extractor, architecture, sample_rate)


def get_scene_embeddings(audio, model):
    """float32 (n, D) of float32 (n, T)."""
    return model(audio)


def get_timestamp_embeddings(audio, model):
    """Float32 (n, frames, D) and the middle of each frame in ms, (n, frames). Raises ValueError."""
    frames = model.moments(audio)
    if frames.ndim == 2 or hasattr(model.network.config, "patch_size"):
        what = "one vector a sound" if frames.ndim == 2 else "patches of a spectrogram"
        raise ValueError(f"output {model.output!r} has {what}, no moments; leave out `embedding: timestamps`")
    step = 1000 * audio.shape[1] / model.sample_rate / frames.shape[1]
    times = (torch.arange(frames.shape[1], device=audio.device) + 0.5) * step
    return frames, times.repeat(len(audio), 1)
