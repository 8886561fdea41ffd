"""Which sounds are the same up to gain: by their short-time spectra, and by what one leaves of the other."""

import numpy as np
from scipy.spatial import KDTree
from scipy.spatial.distance import pdist, squareform
from shared.scales import in_jnd

BINS = 2048  # of each frame's spectrum, at most
SAME = 0.003  # distance of two unit spectra below which two sounds are the same: 0.3 dB in 1 of 20 components
APART = 2  # JND in some factor from which two settings are different
SIZE = 256  # of the random projection of spectra
AT_ONCE = 64  # sounds whose spectra are computed together


def spectra(sounds):
    """Compressed short-time magnitude spectra of unit norm, float32 (n, features).

    sounds: float (n, T). Seven frames of T / 4 samples under a Hann window; neighbouring bins are added up
    to at most BINS. Magnitudes relative to their root mean square are raised to 0.3, about as loudness
    grows, so that soft components count. The spectra do not depend on gain, but nuisances make them differ.
    """
    n, T = sounds.shape
    length = max(2, T // 4)
    starts = [i * (length // 2) for i in range(7)]
    frames = np.stack([sounds[:, i : i + length] for i in starts], axis=1) * np.hanning(length)
    power = np.abs(np.fft.rfft(frames, axis=2)) ** 2
    starts = np.unique(np.linspace(0, power.shape[2], BINS, endpoint=False).astype(int))
    magnitudes = np.sqrt(np.add.reduceat(power, starts, axis=2)).reshape(n, -1)
    level = np.sqrt(np.mean(magnitudes**2, axis=1, keepdims=True))
    compressed = (magnitudes / np.where(level > 0, level, 1)) ** 0.3
    return (compressed / np.maximum(np.linalg.norm(compressed, axis=1, keepdims=True), 1e-9)).astype(
        np.float32
    )


def spectra_of_rows(sounds, n):
    """Yield the spectra of sounds 0..n-1 in blocks.

    sounds: function of int rows that gives float (rows, T).
    """
    for i in range(0, n, AT_ONCE):
        yield spectra(sounds(np.arange(i, min(i + AT_ONCE, n))))


def projected(features, seed=0):
    """Blocks of spectra in few dimensions, float32 (N, SIZE); distances are kept to about a tenth."""
    result, projection = [], None
    for block in features:
        if projection is None:
            rng = np.random.default_rng(seed)
            projection = rng.standard_normal((block.shape[1], SIZE), dtype=np.float32)
        result.append(block @ projection / np.float32(np.sqrt(SIZE)))
    return np.concatenate(result)


def differences(factors, values, a, b):
    """Largest difference over the factors between rows a and b, in JND, float (n,).

    factors: {name: entry}; values: {name: (N,)}; a, b: int (n,). Where a factor declares no JND, a
    twentieth of its range counts as one. A factor that sets the level does not count, because spectra do not
    depend on gain.
    """
    apart = [np.zeros(len(a))]
    for name, factor in factors.items():
        if factor.get("sets_level"):
            continue
        jnd = factor.get("jnd") or {"step": np.ptp(values[name]) / 20 or 1}
        place = in_jnd(values[name], jnd)
        apart.append(np.abs(place[a] - place[b]))
    return np.max(apart, axis=0)


def confusions(factors, values, sounds):
    """Pairs of sounds that are the same up to gain although some factor is APART or more.

    factors: {name: entry}; values: {name: (n,)}; sounds: function of int rows that gives float (rows, T).
    Returns a list of (row, row). Candidates are neighbours under a random projection, which saves memory.
    """
    n = len(next(iter(values.values())))
    projections = projected(spectra_of_rows(sounds, n))
    nearest = range(1, min(8, n) + 1)  # the sound itself among them
    distances, indices = KDTree(projections).query(projections, nearest, distance_upper_bound=2 * SAME)
    a, column = np.nonzero(np.isfinite(distances))
    b = indices[a, column]
    a, b = np.unique(np.sort(np.stack([a, b]), axis=0)[:, a != b], axis=1)
    far = differences(factors, values, a, b) >= APART
    pairs = []
    for i, j in zip(a[far], b[far], strict=True):
        one, other = spectra(sounds(np.array([i, j])))
        if np.linalg.norm(one - other) < SAME:
            pairs.append((int(i), int(j)))
    return pairs


def same_settings(factors, values, features):
    """Pairs of settings, APART or more in some factor, that have the same spectrum: int (pairs, 2).

    factors, values: as in confusions(); features: their spectra, (n, features).
    """
    near = squareform(pdist(features)) < SAME
    a, b = np.nonzero(np.triu(near, 1))
    unlike = differences(factors, values, a, b) >= APART if len(a) else np.zeros(0, bool)
    return np.stack([a[unlike], b[unlike]], axis=1)


def residual(sounds, others):
    """Share of each sound's energy that the best multiple of another does not hold, float (n,)."""
    gain = np.sum(sounds * others, axis=1) / np.maximum(np.sum(others**2, axis=1), 1e-30)
    left = np.sum((sounds - gain[:, None] * others) ** 2, axis=1)
    return left / np.maximum(np.sum(sounds**2, axis=1), 1e-30)


def below(sounds, share):
    """Sounds, float (n, T), without what lies above a share of half their sample rate."""
    spectrum = np.fft.rfft(sounds, axis=1)
    spectrum[:, round(share * spectrum.shape[1]) :] = 0
    return np.fft.irfft(spectrum, sounds.shape[1], axis=1)
