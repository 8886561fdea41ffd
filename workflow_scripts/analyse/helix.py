"""Line, circle and helix: which of them pitch draws in an embedding, and whether its steps agree.

Conventions: `octaves` is the base-2 logarithm of the frequency, float (n,). A turn is a circle in the
embedding that closes after one octave. Lengths are shares of the rms distance of two sounds.

Source: Shepard (1982) for the helix; the leave-one-out error of least squares is Allen's PRESS (1974).
"""

import numpy as np

SEMITONES = 12  # per octave
APART = 6  # semitones, at least, between two registers
COSINES = (2, 4, 8, 16, 32, 64, 128)  # of the curve that may be any
SOUNDS_PER_COSINE = 8


def explained(points, columns):
    """Share of the variance of points that least squares on columns and a constant explain, a float.

    Each sound is estimated from all others. points: float (n, D); columns: float (n, k). NaN if the points
    coincide or a sound alone decides a coefficient.
    """
    n = len(points)
    basis = np.linalg.qr(np.column_stack([np.ones(n), columns]))[0]
    rest = 1 - (basis**2).sum(axis=1)
    total = ((points - points.mean(axis=0)) ** 2).sum() * (n / (n - 1)) ** 2
    if total == 0 or rest.min() < 1e-9:
        return np.nan
    errors = ((points - basis @ (basis.T @ points)) ** 2).sum(axis=1) / rest**2
    return 1 - errors.sum() / total


def turn(octaves, turns=1.0):
    """The two columns of a circle with so many turns per octave, float (n, 2)."""
    angle = 2 * np.pi * turns * octaves
    return np.stack([np.cos(angle), np.sin(angle)], axis=1)


def curve_scores(points, octaves):
    """Shares that a line, a circle, a helix and any curve explain, and the gain of the octave: five floats.

    The gain is what a helix of one turn per octave explains more than the mean of the two helices with one
    turn less and one turn more over the whole range. Tuned units, each of a place of its own, hold a share of
    every turn, so that a share of the circle alone shows nothing of the octave.
    """
    span, n = np.ptp(octaves), len(octaves)
    line = octaves[:, None]
    helix = explained(points, np.column_stack([line, turn(octaves)]))
    near = [explained(points, np.column_stack([line, turn(octaves, 1 + step / span)])) for step in (-1, 1)]
    place = np.pi * (octaves - octaves.min()) / span
    counts = [count for count in COSINES if count * SOUNDS_PER_COSINE <= n] or COSINES[:1]
    curves = [explained(points, np.cos(np.outer(place, range(1, count + 1)))) for count in counts]
    shares = [explained(points, line), explained(points, turn(octaves)), helix, max(curves)]
    return [*shares, helix - np.mean(near)]


def signed_root(square):
    """Root that keeps the sign: an estimate of a square that noise makes negative stays below 0."""
    return np.sign(square) * np.sqrt(abs(square))


def rms_distance(points):
    """Root of the mean squared distance of two of the points, a float."""
    return np.sqrt(2 * points.var(axis=0, ddof=1).sum())


def rise_and_radius(points, octaves):
    """Rise per turn and radius of the helix that fits best, over the rms distance of the sounds: two floats.

    What noise adds to the squares of the coefficients is taken off, so that noise has about 0.
    """
    columns = np.column_stack([np.ones(len(octaves)), octaves - octaves.mean(), turn(octaves)])
    inverse = np.linalg.pinv(columns.T @ columns)
    coefficients = inverse @ (columns.T @ points)
    noise = ((points - columns @ coefficients) ** 2).sum() / max(len(octaves) - 4, 1)
    squares = (coefficients**2).sum(axis=1) - noise * np.diag(inverse)
    size = rms_distance(points)
    return [signed_root(squares[1]) / size, signed_root(squares[2:].sum() / 2) / size]


def semitones_of(octaves):
    """Semitones above the lowest sound, rounded, int (n,)."""
    return np.round(SEMITONES * (octaves - octaves.min())).astype(int)


def step_scores(points, semitones):
    """How far a semitone moves the embedding, and whether it is the same elsewhere: three floats.

    A displacement leads from the mean of the sounds of a semitone to that of the next. The first is the rms
    displacement over the rms distance of sounds. The others are mean products of displacements of two
    registers over their mean squares: of all registers at least APART semitones apart, and of those whole
    octaves apart. Two registers share no sound, and what noise adds to a square is taken off. NaN where
    no displacement is left of the noise or no two registers can be compared.
    """
    counts = np.bincount(semitones)
    sums = np.zeros((len(counts), points.shape[1]))
    np.add.at(sums, semitones, points)
    means = sums / np.maximum(counts, 1)[:, None]
    within = np.bincount(semitones, ((points - means[semitones]) ** 2).sum(axis=1))
    errors = within / np.maximum(counts * (counts - 1), 1)  # of the squared means
    (lower,) = np.nonzero((counts[:-1] > 1) & (counts[1:] > 1))
    steps = means[lower + 1] - means[lower]
    squares = (steps**2).sum(axis=1) - errors[lower] - errors[lower + 1]
    if not len(lower):
        return [np.nan] * 3
    products, both = steps @ steps.T, (squares[:, None] + squares) / 2
    lag = np.abs(lower[:, None] - lower)

    def agreement(pairs):
        size = both[pairs].mean() if pairs.any() else 0
        return products[pairs].mean() / size if size > 0 else np.nan

    whole = (lag > 0) & (lag % SEMITONES == 0)
    size = signed_root(squares.mean()) / rms_distance(points)
    return [size, agreement(lag >= APART), agreement(whole)]
