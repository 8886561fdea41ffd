"""How well heads tell the factors of sounds that they were not taught."""

import numpy as np
import torch
from shared.factors import r2

from heads.network import run

PENALTIES = 10.0 ** np.arange(-6, 3)  # of the ridge, of the mean variance of the activations


def r2_of(estimates, factors):
    """R2 of each head and factor, float (S, P, F). estimates and factors: tensors (S, P, n, F)."""
    estimates, factors = estimates.double().cpu().numpy(), factors.double().cpu().numpy()
    return np.array(
        [[r2(*head) for head in zip(*seed, strict=True)] for seed in zip(estimates, factors, strict=True)]
    )


def ridge(train, factors, parts, validation, validation_factors):
    """Estimates of each part by ridge regression of the factors from activations, a list of (S, P, n, F).

    train: (S, P, n, H), factors: (S, P, n, F); parts: list of (S, P, n, H). Of PENALTIES each head and factor
    has the one with the least error on the validation sounds.
    """
    train, factors = train.double(), factors.double()
    mean, offset = train.mean(-2, keepdim=True), factors.mean(-2, keepdim=True)
    points = train - mean
    values, axes = torch.linalg.eigh(points.transpose(-1, -2) @ points)
    slopes = axes.transpose(-1, -2) @ points.transpose(-1, -2) @ (factors - offset)
    unit = values.mean(-1, keepdim=True).clamp_min(1e-12)
    best, least = None, None
    for penalty in PENALTIES:
        weights = axes @ (slopes / (values.clamp_min(0) + penalty * unit)[..., None])
        told = (validation - mean) @ weights + offset
        errors = ((told - validation_factors) ** 2).mean(-2, keepdim=True)
        if best is None:
            best, least = weights, errors
        best = torch.where(errors < least, weights, best)
        least = torch.minimum(errors, least)
    return [(part - mean) @ best + offset for part in parts]


def found(stack, x, views):
    """Share of sounds whose own view is the nearest of all, by cosine of projections, float (S, P)."""
    one, two = (torch.nn.functional.normalize(run(stack, some)[1], dim=-1) for some in (x, views))
    nearest = (one @ two.transpose(-1, -2)).argmax(-1)
    return (nearest == torch.arange(x.shape[-2], device=x.device)).double().mean(-1).cpu().numpy()
