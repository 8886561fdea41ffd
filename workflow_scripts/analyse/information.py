"""Mutual information of the axes of an embedding with the factors, in bins of equal counts, bias corrected.

Source: Miller (1955) for the bias, Ridgeway & Mozer (2018) for the modularity.
"""

import numpy as np
from shared.factors import ranks

BINS = 8


def bins(values):
    """Bin of each value among BINS of equal counts, equal values in one, int (n, columns)."""
    return np.minimum((ranks(values) - 0.5) / len(values) * BINS, BINS - 1).astype(int)


def entropy(codes):
    """Entropy in nats of int codes (n,), and the number of codes that occur."""
    counts = np.bincount(codes)
    share = counts[counts > 0] / len(codes)
    return -(share * np.log(share)).sum(), len(share)


def mutual_information(axes, factors):
    """Mutual information in nats of each axis and factor, float (A, F), from 0 to the lesser entropy.

    axes: int bins (n, A); factors: int bins (n, F). The plug-in estimate less its first-order bias,
    (cells - bins of one - bins of the other + 1) / 2n, counting those that occur (Miller 1955).
    """
    result = np.zeros((axes.shape[1], factors.shape[1]))
    alone = [entropy(codes) for codes in factors.T]
    for a, axis in enumerate(axes.T):
        h_axis, k_axis = entropy(axis)
        for f, (h_factor, k_factor) in enumerate(alone):
            h_both, k_both = entropy(axis * BINS + factors[:, f])
            bias = (k_both - k_axis - k_factor + 1) / (2 * len(axis))
            result[a, f] = np.clip(h_axis + h_factor - h_both - bias, 0, min(h_axis, h_factor))
    return result


def modularity(information):
    """Mean modularity of axes that carry a factor, NaN if there is none. information: (A, F), nats."""
    information = information[information.max(axis=1, initial=0) > 0]
    if not len(information):
        return np.nan
    best = information.max(axis=1)
    rest = (information**2).sum(axis=1) - best**2
    return float((1 - rest / (max(information.shape[1] - 1, 1) * best**2)).mean())
