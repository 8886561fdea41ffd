"""Monotone English phrases spoken by espeak-ng, a formant synthesizer (GPL-3; called as a program).

It has three factors. `f0` and `rate` are measured in the sound, and the measured value is the factor.
`formants` is the ratio requested of espeak-ng, which takes whole percents.

- f0: the voice is monotone (within 0.1 %), so that f0 is one number per phrase.
- rate: every phrase has four syllables, and rate is 4 / (the time from its first to its last sound).
- formants: all formant frequencies and bandwidths times this ratio, as by a vocal tract 1/ratio as long.

The phrases hold vowels, nasals, liquids and glides only. espeak-ng plays its other consonants from
recordings, which neither f0 nor formants would move. espeak-ng must be 1.50 or later. Versions 1.50, 1.51 and
1.52 and the source of August 2026 speak alike to the last bit (all tried with the voice data of 1.51).
"""

import shutil
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import soundfile
import soxr
from scipy import signal
from shared.oscillators import ramped

FACTORS = {
    "f0": {
        "unit": "Hz",
        "scale": "erb",
        "low": 90,
        "high": 220,
        "default": 140,
        "jnd": {"percent": 1, "source": "Mehta & Oxenham 2020"},
    },
    "rate": {
        "unit": "syllables/s",
        "scale": "log",
        "low": 3,
        "high": 8,
        "default": 5,
        "jnd": {"percent": 5, "source": "Quené 2007"},
    },
    "formants": {
        "unit": "ratio",
        "scale": "log",
        "low": 0.8,
        "high": 1.25,
        "default": 1,
        "jnd": {"percent": 5, "source": "Ives, Smith & Patterson 2005: syllables; Irino et al. 2007"},
    },
}
NUISANCES = {"text": {"unit": "index of TEXTS", "integers": 8, "default": 0}}

TEXTS = (
    "we were away",
    "a yellow moon",
    "Laura may win",
    "lean on a wall",
    "no one ran in",
    "you may allow",
    "my lemon roll",
    "Molly may run",
)
SYLLABLES = 4  # of each text
WIDTHS = (109, 100, 100, 125, 134, 134, 100, 100, 100)  # percent, espeak-ng's own of formants 0 to 8
F0_LIMITS = (50, 500)  # Hz, where fundamental() looks
FADE = 0.005  # s


def voice(f0, formants):
    """Text of an espeak-ng voice file: monotone at f0 (Hz), formants scaled by a ratio.

    With its pitch range set to 0, espeak-ng speaks `pitch a b` at the constant f0 of
    (a - 9) + 18 * 108 / 4096 * (b - a) Hz (wavegen.c, SetPitch2), in steps of 0.47 Hz. `a` stays 82, because
    any other value would shift the formants of consonants, too (voices.c, formant_factor).
    """
    percent = round(100 * formants)
    lines = ["name gear", "language en", "flutter 0", "roughness 0"]
    lines += [f"pitch 82 {82 + round((f0 - 73) * 4096 / (18 * 108))}"]
    # -1 leaves the height of the peak as it is
    lines += [f"formant {i} {percent} -1 {round(width * formants)}" for i, width in enumerate(WIDTHS)]
    return "\n".join(lines) + "\n"


def speak(text, words_per_minute, f0, formants):
    """One call of espeak-ng. words_per_minute: its option -s; f0: Hz; formants: ratio.

    Returns the phrase without silence around it, float64 (t,), and its sample rate (Hz). Raises ValueError
    if espeak-ng gives no sound.
    """
    with tempfile.TemporaryDirectory() as folder:  # as working directory: espeak-ng cuts long paths short
        Path(folder, "gear").write_text(voice(f0, formants))
        # half amplitude, for at full amplitude espeak-ng's limiter acts on some vowels
        options = ["--load", "-v", "gear", "-z", "-a", "50", "-s", str(words_per_minute), "-w", "gear.wav"]
        process = subprocess.run(
            ["espeak-ng", *options, f"\x010R {text}"],  # \x01: a command, pitch range 0
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
        spoken = Path(folder, "gear.wav")
        succeeded = process.returncode == 0 and spoken.exists()
        sound, sample_rate = soundfile.read(spoken) if succeeded else (np.zeros(0), 0)
    loud = np.flatnonzero(np.abs(sound) > 0.01 * np.abs(sound).max(initial=0))
    if not len(loud):
        reason = (process.stdout.strip().splitlines() or [f"exit status {process.returncode}, no sound"])[-1]
        raise ValueError(
            f"speech: espeak-ng failed ({reason.rstrip('.')}); check that `espeak-ng hello` speaks "
            "and that `espeak-ng --version` is 1.50 or later"
        )
    return sound[loud[0] : loud[-1] + 1], sample_rate


def speak_at(text, rate, f0, formants):
    """A phrase at a rate in syllables/s, within some 5 %. Returns (phrase, sample_rate, rate as measured).

    The phrase is spoken twice. Phrases differ in how long they take at a given number of words per minute, so
    that the first time serves to correct the second.
    """
    words_per_minute = 32 * rate
    for _ in range(2):
        phrase, sample_rate = speak(text, round(words_per_minute), f0, formants)
        measured = SYLLABLES * sample_rate / len(phrase)
        words_per_minute *= rate / measured
    return phrase, sample_rate, measured


def fundamental(sound, sample_rate):
    """Fundamental frequency of a sound: median over its voiced frames of 50 ms, every 10 ms.

    sound: float (T,); sample_rate: Hz. Returns Hz within F0_LIMITS; nan if no frame is voiced.

    The autocorrelation of each frame is divided by the window's own (Boersma 1993). The frame's period is
    the lag of its first maximum that comes near the highest one. Lags are interpolated, first band-limited
    and then by a parabola.
    """
    fine = 4  # lags per sample
    n = round(0.05 * sample_rate)
    if len(sound) < n:
        return np.nan
    window = signal.windows.hann(n)
    frames = np.lib.stride_tricks.sliding_window_view(sound, n)[:: round(0.01 * sample_rate)]
    energy = np.sum(frames**2, axis=1)
    frames = frames[(energy > 0) & (energy > 0.01 * energy.max())] * window
    shortest, longest = (round(fine * sample_rate / f0) for f0 in F0_LIMITS[::-1])

    def autocorrelation(x):
        power = np.abs(np.fft.rfft(x, 2 * n)) ** 2
        r = np.fft.irfft(power, 2 * n * fine)[..., : longest + 2]
        return r / r[..., :1]

    r = autocorrelation(frames) / autocorrelation(window)
    before, here, after = r[:, shortest - 1 : -2], r[:, shortest:-1], r[:, shortest + 1 :]
    peak = (here >= before) & (here > after)
    best = np.where(peak, here, 0).max(axis=1, initial=0, keepdims=True)
    voiced = best[:, 0] > 0.8
    if not voiced.any():
        return np.nan
    rows = np.flatnonzero(voiced)
    first = (peak & (here > 0.95 * best))[rows].argmax(axis=1)  # a multiple of the period is no better
    a, b, c = before[rows, first], here[rows, first], after[rows, first]
    lag = shortest + first + 0.5 * (a - c) / (a - 2 * b + c)
    return fine * sample_rate / np.median(lag)


def clip(phrase, rate_in, sample_rate, T, max_frequency):
    """A phrase as a sound of T samples: faded, padded with silence, low-passed and resampled.

    phrase: float (t,) at rate_in (Hz); it is cut if it is longer. Nothing is left at or above max_frequency
    (Hz). Returns float64 (T,).
    """
    room = int(np.ceil(T * rate_in / sample_rate))
    phrase = ramped(phrase[None, :room], rate_in, FADE)[0]
    phrase = np.pad(phrase, (0, room + 1 - len(phrase)))
    if max_frequency < rate_in / 2:  # at its own rate, so that the sound is the same at every other
        stop = signal.cheby2(12, 40, max_frequency, fs=rate_in, output="sos")
        phrase = signal.sosfiltfilt(stop, phrase)  # forth and back: 80 dB, no delay
    sound = soxr.resample(phrase, rate_in, sample_rate, quality="VHQ")
    return np.pad(sound, (0, max(0, T - len(sound))))[:T]


def render(parameters, sample_rate, duration, max_frequency=7000):
    """Spoken phrases at the start of each sound, silence after them.

    parameters: {f0, rate, formants, text: float (n,)}; sample_rate: Hz; duration: s; max_frequency: Hz, no
    energy from there on. Returns float64 (n, round(duration * sample_rate)) and the realised {f0, rate,
    formants: float (n,)}: f0 and rate as measured, formants in whole percents. Equal settings give the same
    sound. A phrase that comes out some percent slower than requested can lose as much at its end. Raises
    ValueError if espeak-ng is missing or fails, if a phrase as requested does not fit into `duration`, or if
    f0 is outside what is measured.
    """
    if shutil.which("espeak-ng") is None:
        raise ValueError(
            "speech: espeak-ng is not on PATH; install it "
            "(Debian: apt install espeak-ng; macOS: brew install espeak-ng)"
        )
    settings = np.stack(
        [np.asarray(parameters[name], float) for name in ("text", "rate", "f0", "formants")], 1
    )
    slowest = settings[:, 1].min()
    if slowest * duration < SYLLABLES:
        raise ValueError(
            f"speech: {SYLLABLES} syllables at rate {slowest:g} need {SYLLABLES / slowest:.2f} s but a sound "
            f"lasts {duration:g} s; state a longer duration or a rate of at least {SYLLABLES / duration:.2f}"
        )
    lowest, highest = F0_LIMITS
    if ((settings[:, 2] < lowest) | (settings[:, 2] > highest)).any():
        raise ValueError(
            f"speech: f0 can be measured from {lowest} to {highest} Hz only; keep it in that range"
        )
    T = round(duration * sample_rate)

    def one(setting):
        text, rate, f0, formants = setting
        phrase, rate_in, measured = speak_at(TEXTS[int(text)], rate, f0, formants)
        sound = clip(phrase, rate_in, sample_rate, T, max_frequency)
        heard = fundamental(sound, sample_rate)
        if np.isnan(heard):
            raise ValueError(f"speech: no pitch left below {max_frequency:g} Hz; raise max_frequency")
        return sound, (heard, measured, round(100 * formants) / 100)

    distinct, which = np.unique(settings, axis=0, return_inverse=True)
    with ThreadPoolExecutor(2) as pool:
        sounds, realised = zip(*pool.map(one, distinct.tolist()), strict=True)
    which = which.ravel()
    f0, rate, formants = np.array(realised)[which].T
    return np.array(sounds)[which], {"f0": f0, "rate": rate, "formants": formants}
