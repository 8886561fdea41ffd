"""Isomap: unrolls a known sheet, agrees with scikit-learn, tells a graph in pieces."""

import numpy as np
import pandas
import pytest
from analyse import isomap, landmarks
from scipy.spatial import procrustes
from scipy.stats import ortho_group
from shared.graphs import nearest_neighbors
from sklearn.manifold import Isomap


@pytest.fixture(scope="module")
def roll():
    """A sheet 1 x 3 rolled up in 3-D, and its flat coordinates."""
    rng = np.random.default_rng(0)
    flat = rng.uniform(0, [1, 3], (600, 2))
    angle = 2 + flat[:, 1]  # arc length grows as angle^2 / 2 on the spiral r = angle
    spiral = np.stack([angle * np.cos(angle), flat[:, 0] * 3, angle * np.sin(angle)], axis=1)
    arc = (angle * np.sqrt(1 + angle**2) + np.arcsinh(angle)) / 2
    return spiral, np.stack([flat[:, 0] * 3, arc], axis=1)


def cloud_of(points, K, bridge=False):
    return isomap.cloud_of(points, *nearest_neighbors(points, K), bridge)


def test_unrolls_a_sheet(roll):
    points, flat = roll
    coordinates, labels, bridges, residual = cloud_of(points, 8)
    assert (labels == 0).all()
    assert not bridges
    assert procrustes(flat, coordinates[:, :2])[2] < 0.01
    assert residual < 0.01


def test_agrees_with_scikit_learn(roll):
    points, _ = roll
    peer = Isomap(n_neighbors=8, n_components=3).fit_transform(points)
    coordinates, *_ = cloud_of(points, 8)
    signs = np.sign((peer * coordinates).sum(axis=0))
    np.testing.assert_allclose(coordinates, peer * signs, atol=1e-6)


def test_rotation_changes_nothing(roll):
    points, _ = roll
    turned = points @ ortho_group.rvs(3, random_state=1)
    np.testing.assert_allclose(cloud_of(turned, 8).coordinates, cloud_of(points, 8).coordinates, atol=1e-6)


def test_euclidean_distances_are_recovered_exactly():
    points = np.random.default_rng(0).standard_normal((40, 3))
    distances = np.linalg.norm(points[:, None] - points, axis=-1)
    scaled = isomap.classical_scaling(distances)
    np.testing.assert_allclose(np.linalg.norm(scaled[:, None] - scaled, axis=-1), distances, atol=1e-9)
    paths = isomap.Paths(distances, np.arange(40))
    assert isomap.residual_variance(paths, scaled) == pytest.approx(0, abs=1e-9)


def test_coinciding_sounds_lie_in_one_point():
    for N in (50, 300):
        coordinates, labels, _, residual = cloud_of(np.ones((N, 8)), 6)
        assert (coordinates[labels == 0] == 0).all()
        assert np.isnan(residual)


# --- landmarks -------------------------------------------------------------------------------------


def test_every_sound_a_landmark_is_exact_isomap(roll):
    points, _ = roll
    graph = isomap.neighbor_graph(*nearest_neighbors(points, 8))
    everyone = np.arange(len(points))
    placed = landmarks.triangulate(landmarks.path_lengths(graph, everyone), everyone)
    exact, *_ = isomap.isomap(graph)
    np.testing.assert_allclose(placed, exact, atol=1e-3 * np.abs(exact).max())


def test_a_few_landmarks_place_all_sounds(roll, monkeypatch):
    points, flat = roll
    exact, _, _, residual = cloud_of(points, 8)
    monkeypatch.setattr(isomap, "EXACT", 0)
    monkeypatch.setattr(landmarks, "LANDMARKS", 200)
    placed, labels, _, landmark_residual = cloud_of(points, 8)
    assert (labels == 0).all()
    assert procrustes(exact, placed)[2] < 1e-3
    assert procrustes(flat, placed[:, :2])[2] < 0.01
    assert landmark_residual == pytest.approx(residual, abs=2e-3)


def test_euclidean_landmarks_place_points_exactly():
    points = np.random.default_rng(0).standard_normal((500, 3))
    chosen = landmarks.draw(500, 20)
    lengths = np.linalg.norm(points[chosen][:, None] - points, axis=-1).astype(np.float32)
    placed = landmarks.triangulate(lengths, chosen)
    assert procrustes(points, placed)[2] < 1e-9
    np.testing.assert_allclose(placed.mean(axis=0), 0, atol=1e-6)
    assert (np.diff(placed.var(axis=0)) <= 0).all()


def test_a_flat_cloud_leaves_the_third_axis_empty():
    flat = np.random.default_rng(0).standard_normal((200, 2))
    chosen = landmarks.draw(200, 50)
    lengths = np.linalg.norm(flat[chosen][:, None] - flat, axis=-1)
    placed = landmarks.triangulate(lengths.astype(np.float32), chosen)
    assert np.abs(placed[:, 2]).max() < 0.05 * np.abs(placed[:, 0]).max()


@pytest.fixture(scope="module")
def pieces():
    """Three clouds of 60, 40 and 20 points, far apart in 5-D."""
    rng = np.random.default_rng(0)
    centers = np.array([[0, 0, 0, 0, 0], [50, 0, 0, 0, 0], [0, 80, 0, 0, 0]])
    return np.concatenate(
        [rng.standard_normal((n, 5)) + c for n, c in zip((20, 60, 40), centers, strict=True)]
    )


def test_pieces_are_counted_largest_first(pieces):
    coordinates, labels, bridges, _ = cloud_of(pieces, 6)
    assert np.bincount(labels).tolist() == [60, 40, 20]
    assert not bridges
    for label in range(3):  # each around its own origin
        np.testing.assert_allclose(coordinates[labels == label].mean(axis=0), 0, atol=1e-6)


def test_bridges_are_those_of_scikit_learn(pieces):
    coordinates, labels, bridges, _ = cloud_of(pieces, 6, bridge=True)
    assert len(bridges) == 3
    assert labels.max() == 2  # before any bridge
    for a, b, length in bridges:
        assert length == pytest.approx(np.linalg.norm(pieces[a] - pieces[b]))
        between = np.linalg.norm(pieces[labels == labels[a]][:, None] - pieces[labels == labels[b]], axis=-1)
        assert length == pytest.approx(between.min())
    with pytest.warns(UserWarning, match="connected components"):
        peer = Isomap(n_neighbors=6, n_components=3).fit_transform(pieces)
    signs = np.sign((peer * coordinates).sum(axis=0))
    np.testing.assert_allclose(coordinates, peer * signs, atol=1e-6)


def test_a_tiny_piece_has_no_coordinates():
    points = np.concatenate(
        [np.random.default_rng(0).standard_normal((30, 2)), [[99, 99], [99, 98], [98, 99]]]
    )
    coordinates, *_ = cloud_of(points, 2)
    assert np.isnan(coordinates[-3:]).all()


def run(folder, points, *flags):
    """Tables of coordinates, bridges and scores (by metric) that the script writes of points."""
    indices, distances = nearest_neighbors(points, 6)
    np.save(folder / "model.npy", points)
    np.savez(folder / "model.npz", indices=indices, distances=distances)
    paths = {name: str(folder / f"{name}.csv") for name in ("coordinates", "bridges", "scores")}
    words = [word for name, path in paths.items() for word in (f"--{name}", path)]
    inputs = ["--embeddings", f"{folder}/model.npy", "--neighbors", f"{folder}/model.npz"]
    isomap.main([*inputs, "--model", "m", "--K", "6", *flags, *words])
    coordinates, bridges, scores = (pandas.read_csv(path, keep_default_na=False) for path in paths.values())
    return coordinates, bridges, scores.set_index("metric")


def test_table_has_a_row_per_sound(tmp_path, pieces):
    table, bridges, scores = run(tmp_path, pieces, "--bridge")
    assert table.columns.tolist() == ["sound", "x", "y", "z", "component"]
    assert len(table) == 120
    assert scores.index.tolist() == list(isomap.ANALYSIS["metrics"])
    assert scores.value["components"] == 3
    assert scores.value["bridges"] == len(bridges) == 3
    assert scores.value["largest_component"] == 0.5
    assert (scores.state == "").all()


def test_what_rests_on_the_largest_component_alone_is_partial(tmp_path, pieces):
    _, _, scores = run(tmp_path, pieces)
    assert scores.state.to_dict() == dict.fromkeys(scores.index, "") | {"residual_variance": "partial"}
    assert scores.n["residual_variance"] == 60
    assert "largest component only (60 sounds)" in scores.note["residual_variance"]


def test_no_value_of_coinciding_sounds_is_undefined(tmp_path):
    _, _, scores = run(tmp_path, np.ones((30, 2)))
    assert scores.state["residual_variance"] == "undefined"
