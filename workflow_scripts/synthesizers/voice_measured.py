"""The phrases of voice.py with factors as measured in the sound: f0, centroid, seconds.

A request is placed on the knob that moves it most: f0 on prosody, centroid on timbre, seconds on speed, by
where it lies between the ENDS of the default voices and text. What the sound then has is measured and is the
factor, so that other voices and texts may miss the request without a fault: the three depend on each other,
and on the text.

- f0: median over the voiced parts of a phrase, which glides.
- centroid: mean frequency weighted by power, over the whole phrase.
- seconds: from the first to the last sample above 1 % of the peak.
"""

import numpy as np
from shared.scales import on_scale

from synthesizers import voice
from synthesizers.speech import fundamental

ENVIRONMENT = {"env": "voice"}
FACTORS = {
    "f0": {
        "unit": "Hz",
        "scale": "erb",
        "low": 100,
        "high": 260,
        "default": 180,
        "jnd": {"percent": 6, "source": "assumed: a semitone, of pitch that glides"},
        "finest": {"percent": 2},
    },
    "centroid": {
        "unit": "Hz",
        "scale": "log",
        "low": 380,
        "high": 500,
        "default": 440,
        "jnd": {"percent": 5, "source": "assumed: the figure commonly quoted for the centroid"},
        "finest": {"percent": 2.4},
    },
    "seconds": {
        "unit": "s",
        "scale": "log",
        "low": 0.65,
        "high": 1.35,
        "default": 0.95,
        "jnd": {"percent": 5, "source": "Quené 2007, of rate"},
        "finest": {"percent": 2.4},
    },
}
NUISANCES = {
    "text": {"unit": "index of texts", "integers": 8, "default": 0},
    "voice": {"unit": "index of a third voice", "integers": 4, "default": 0},
    "rounding": {"unit": "seed", "integers": 2147483647, "default": 0},
}
ENDS = {"prosody": (285, 85), "timbre": (546, 348)}  # Hz, f0 and centroid where the knob is 0 and 1
DARKENING = 386 / 450  # ratio of centroids at prosody 1 and 0
SECONDS = 0.94  # of the default text at speed 1
SHORTENING = 1.28  # exponent: a phrase of twice the speed is less than half as long
SPEEDS = (0.5, 2)  # beyond, speech falls apart


def knobs(f0, centroid, seconds):
    """Where requests stand on the knobs of voice.py: {timbre, prosody, speed: float (n,)}."""
    prosody = place(f0, ENDS["prosody"], "erb")
    timbre = place(centroid / DARKENING ** (prosody - 0.5), ENDS["timbre"], "log")
    speed = np.clip((SECONDS / np.asarray(seconds)) ** (1 / SHORTENING), *SPEEDS)
    return {"timbre": timbre, "prosody": prosody, "speed": speed}


def place(values, ends, scale):
    """Where values lie between two falling ends on a scale, 0 to 1, float (n,)."""
    first, last = on_scale(ends, scale)
    return np.interp(-on_scale(values, scale), [-first, -last], [0, 1])


def centroid_of(sound, sample_rate):
    """Mean frequency of a sound in Hz, weighted by power. sound: float (T,)."""
    power = np.abs(np.fft.rfft(sound)) ** 2
    return np.fft.rfftfreq(len(sound), 1 / sample_rate) @ power / power.sum()


def render(
    parameters,
    sample_rate,
    duration,
    voices=voice.VOICES,
    texts=voice.TEXTS,
    package=voice.PACKAGE,
    folder=None,
    max_frequency=7000,
):
    """Sounds as of voice.render(), and the measured {f0, centroid, seconds: float (n,)}.

    parameters: {f0, centroid, seconds, text, voice, rounding: float (n,)}; all else and errors as of
    voice.render(). Raises ValueError, too, where a phrase has no pitch.
    """
    settings = parameters | knobs(*(parameters[name] for name in FACTORS))
    spoken = voice.phrases(settings, voices, texts, package, folder)
    sounds = voice.clips(spoken, sample_rate, duration, max_frequency)
    f0 = np.array([fundamental(sound, sample_rate) for sound in sounds])
    if np.isnan(f0).any():
        raise ValueError("voice_measured: a phrase has no pitch; take texts with voiced sounds, or `voice`")
    centroids = np.array([centroid_of(sound, sample_rate) for sound in sounds])
    seconds = np.array([len(phrase) / voice.RATE for phrase in spoken])
    return sounds, {"f0": f0, "centroid": centroids, "seconds": seconds}
