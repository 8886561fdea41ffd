"""Factors of a data set on the scales on which they are sampled, and how well estimates explain them."""

import numpy as np
import pandas

from shared.scales import on_scale


def to_scales(factors, scales):
    """Factors on their sampling scales, float (N, F)."""
    return np.stack([on_scale(c, s) for c, s in zip(factors.T, scales, strict=True)], axis=1)


def read_factors(path, factors):
    """Factors of every sound on their sampling scales, float (N, F). factors: {name: {scale, ...}}."""
    scales = [entry["scale"] for entry in factors.values()]
    return to_scales(pandas.read_csv(path)[list(factors)].to_numpy(dtype=float), scales)


def r2(estimates, factors):
    """Coefficient of determination per factor, float (F,); NaN for a factor that does not vary."""
    residual = ((factors - estimates) ** 2).sum(axis=0)
    total = ((factors - factors.mean(axis=0)) ** 2).sum(axis=0)
    return 1 - residual / np.where(np.ptp(factors, axis=0) > 0, total, np.nan)
