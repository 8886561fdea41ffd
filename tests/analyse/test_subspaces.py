"""The linear probe against a peer."""

import numpy as np
import pytest
from analyse import subspaces
from sklearn.linear_model import RidgeCV


@pytest.mark.parametrize("D", [5, 40, 300])
def test_the_probe_gives_the_estimates_of_scikit_learn(D):
    rng = np.random.default_rng(0)
    targets = rng.standard_normal((120, 3))
    points = targets @ rng.standard_normal((3, D)) + rng.standard_normal((120, D))
    points -= points.mean(axis=0)
    scaled = points / np.sqrt((points**2).sum() / len(points))
    peer = RidgeCV(
        subspaces.PENALTIES, alpha_per_target=True, store_cv_results=True, scoring="neg_mean_squared_error"
    ).fit(scaled, targets)
    chosen = np.searchsorted(subspaces.PENALTIES, peer.alpha_)
    expected = np.take_along_axis(peer.cv_results_, chosen[None, :, None], axis=2)[:, :, 0]
    assert subspaces.probe(subspaces.principal_components(points), targets) == pytest.approx(
        expected, abs=1e-6
    )


def test_the_probe_leaves_each_sound_out():
    rng = np.random.default_rng(1)
    points, targets = rng.standard_normal((30, 4)), rng.standard_normal((30, 1))
    points -= points.mean(axis=0)
    moved = targets.copy()
    moved[7] += 100
    # its own estimate cannot know the new value, unless another penalty is chosen
    few = subspaces.PENALTIES[:1]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(subspaces, "PENALTIES", few)
        before, after = (
            subspaces.probe(subspaces.principal_components(points), targets),
            subspaces.probe(subspaces.principal_components(points), moved),
        )
    assert after[7] == pytest.approx(before[7], abs=1e-8)
    assert not np.allclose(after[8], before[8])
