"""Forests of extremely randomised trees (Geurts, Ernst & Wehenkel 2006), which estimate factors from axes."""

import numpy as np
from sklearn.tree import ExtraTreeRegressor

TREES = 30
LEAF = 3  # sounds


def grown(axes, factors, seed):
    """The trees that tell each factor from the axes, F lists of TREES. axes: float (n, A); factors: (n, F).

    Each list is what scikit-learn's ExtraTreesRegressor grows from the same seed. That class takes as long to
    copy its settings into a small tree as to grow it.
    """
    axes, forests = axes.astype(np.float32), []
    for factor in factors.T:
        seeds = np.random.RandomState(seed).randint(np.iinfo(np.int32).max, size=TREES)
        trees = [ExtraTreeRegressor(min_samples_leaf=LEAF, random_state=int(one)) for one in seeds]
        forests.append([tree.fit(axes, factor[:, None], check_input=False) for tree in trees])
    return forests


def estimated(trees, axes):
    """The mean estimate of some trees, float (n,). axes: float (n, A)."""
    axes = axes.astype(np.float32)
    return np.mean([tree.predict(axes, check_input=False) for tree in trees], axis=0)
