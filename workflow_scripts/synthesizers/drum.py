"""A struck membrane by the functional transformation method (Trautmann & Rabenstein 2003; Han &
Lostanlen, wav2shape, 2020): a sum of damped modes, exact in time.

A thin plate under tension with losses, of deflection u at a point,

    u_tt = c^2 lap(u) - S^4 lap(lap(u)) - d1 u_t + d3 lap(u_t) + a strike,

has modes k with the eigenvalues lambda_k of the Laplacian. With l_k = lambda_k / lambda_1 >= 1,

    decay of mode k        sigma_k = sigma_1 (1 - damping + damping l_k)
    its frequency          w_k^2 = w_1^2 l_k (1 + dispersion l_k) / (1 + dispersion)   (undamped)

`pitch` is the frequency of the first mode, and `decay` the time in which it falls by 60 dB. `dispersion` is
the share of stiffness S^4 lambda_1 / c^2, and `damping` the share of loss that grows with frequency.
`aspect` is the ratio of the sides of a rectangle; a circle has none.
"""

import numpy as np
from scipy.special import jn_zeros, jv
from shared.oscillators import ramped, sum_sinusoids

FACTORS = {
    "pitch": {
        "unit": "Hz",
        "scale": "erb",
        "low": 100,
        "high": 300,
        "default": 150,
        "jnd": {"percent": 1, "source": "assumed: as for complex tones, Mehta & Oxenham 2020"},
    },
    "aspect": {
        "unit": "ratio",
        "scale": "log",
        "low": 1,
        "high": 2,
        "default": 1,
        "jnd": {"percent": 5, "source": "assumed"},
    },
    "decay": {
        "unit": "s",
        "scale": "log",
        "low": 0.2,
        "high": 0.8,
        "default": 0.4,
        "jnd": {
            "percent": 35,
            "source": "assumed: as for plucked strings, -25 to +40 %, Tolonen & Järveläinen 2000",
        },
    },
    "dispersion": {
        "unit": "ratio",
        "scale": "log",
        "low": 0.003,
        "high": 0.1,
        "default": 0.01,
        "jnd": {"percent": 30, "source": "assumed"},
    },
    "damping": {
        "unit": "share",
        "scale": "log",
        "low": 0.02,
        "high": 0.4,
        "default": 0.1,
        "jnd": {"percent": 20, "source": "assumed"},
    },
}
MODES = 12  # along each side, or orders and zeros of the circle
STRIKE = 0.37  # where it is struck and heard, as a share of each side or of the radius


def rectangle(aspect):
    """Eigenvalues relative to the first, and strengths, of the modes of rectangles.

    aspect: float (n,), ratio of the sides. Returns two float64 (n, MODES^2): (m^2 + (aspect n)^2) /
    (1 + aspect^2), and the squared mode shape at the point struck, sin^2(pi m x) sin^2(pi n x).
    """
    m, n = (index.ravel() for index in np.meshgrid(*[np.arange(1, MODES + 1)] * 2, indexing="ij"))
    ratio = aspect[:, None] ** 2
    strength = (np.sin(np.pi * m * STRIKE) * np.sin(np.pi * n * STRIKE)) ** 2
    return (m**2 + ratio * n**2) / (1 + ratio), np.broadcast_to(strength, (len(aspect), MODES**2))


def circle(aspect):
    """As rectangle(), for the circle: (j_nm / j_01)^2 and J_n(j_nm x)^2 / norm.

    Raises ValueError unless aspect is 1.
    """
    if (aspect != 1).any():
        raise ValueError("drum: a circle has no aspect ratio; leave `aspect` out of the factors")
    orders = np.arange(MODES)
    zeros = np.stack([jn_zeros(order, MODES) for order in orders])
    order = orders[:, None]
    norm = jv(order + 1, zeros) ** 2 * np.where(order == 0, 2, 1)
    strength = 2 * jv(order, zeros * STRIKE) ** 2 / norm
    relative = (zeros / zeros[0, 0]) ** 2
    return (np.broadcast_to(x.ravel(), (len(aspect), MODES**2)) for x in (relative, strength))


SHAPES = {"rectangle": rectangle, "circle": circle}


def modes(parameters, shape):
    """Frequencies (Hz), decay rates (1/s) and amplitudes of the modes, each float64 (n, MODES^2).

    Amplitudes are those of the velocity of the point struck. render() lets every mode begin as a sine, as the
    deflection does, so that the sound begins at 0.
    """
    pitch, aspect, decay, dispersion, damping = (parameters[name][:, None] for name in FACTORS)
    relative, strengths = SHAPES[shape](aspect[:, 0])
    first = 3 * np.log(10) / decay
    decays = first * (1 - damping + damping * relative)
    undamped = (
        ((2 * np.pi * pitch) ** 2 + first**2) * relative * (1 + dispersion * relative) / (1 + dispersion)
    )
    oscillating = np.maximum(undamped - decays**2, 0)
    return np.sqrt(oscillating) / (2 * np.pi), decays, strengths * (oscillating > 0)


def render(parameters, sample_rate, duration, shape="rectangle", max_frequency=7000, ramp=0.005):
    """Drum strokes, float64 (n, T), not normalised; modes above max_frequency (Hz) are left out.

    parameters: {factor: float (n,)}; shape: rectangle or circle; duration and ramp (a soft mallet) in s.
    """
    if shape not in SHAPES:
        raise ValueError(f"drum: shape {shape!r} is not known; known: {', '.join(SHAPES)}")
    frequencies, decays, amplitudes = modes(parameters, shape)
    amplitudes = amplitudes * (frequencies <= min(max_frequency, sample_rate / 2) - 2 / ramp)
    T = round(duration * sample_rate)
    sounds = sum_sinusoids(frequencies, amplitudes, -np.pi / 2, decays, T, sample_rate)
    return ramped(sounds, sample_rate, ramp)
