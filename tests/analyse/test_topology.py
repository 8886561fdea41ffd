"""Topology: known shapes get their loops, dimension and words; nothing is found where there is nothing."""

import known
import numpy as np
import pandas
import pytest
from analyse import topology
from scipy.stats import ortho_group
from shared.graphs import components, features, nearest_neighbors, neighbor_graph, restricted_to
from shared.scores import HALVES, interval, write_table

NONE = "without loops above {}% of the longest possible"
UNKNOWN = "whose loops so few sounds cannot resolve"
METRICS = ["components", "loops", "loop_persistence", "dimension_two_nn", "dimension_mle", "description"]
# the sheets of the roll are 2 pi apart: 8 neighbours stay on their own, 16 reach the next at the rim


@pytest.fixture(scope="module")
def embeddings():
    return known.embeddings()


def lists(points, k_max):
    return nearest_neighbors(features(points, False), k_max)


def count(points, K, landmarks=topology.LANDMARKS):
    return topology.find_loops(*lists(points, K), landmarks)


def shape(name, N, seed):
    """Clouds that are no function of three factors: (N, D)."""
    rng = np.random.default_rng(seed)
    u, v = 2 * np.pi * rng.random((2, N))
    ball = rng.standard_normal((N, 3))
    return {
        "torus": np.stack([np.cos(u), np.sin(u), np.cos(v), np.sin(v)], axis=1),
        "eight": np.stack([np.sign(v - np.pi) * (1 - np.cos(u)), np.sin(u)], axis=1),
        "sphere": ball / np.linalg.norm(ball, axis=1, keepdims=True),
        "ball": ball,
        "square": rng.random((N, 2)),
        "cube": rng.random((N, 3)),
    }[name]


def ring(n):
    """The n evenly spaced points of a circle, at unit distance along it, and their neighbour lists."""
    place = np.arange(n)
    return np.stack([(place - 1) % n, (place + 1) % n], axis=1), np.ones((n, 2))


@pytest.mark.parametrize(
    ("name", "K", "words"),
    [
        *((box, known.K, f"a volume {UNKNOWN}, in 1 piece") for box in ("identity", "rotated", "warped")),
        *((box, known.K, f"a volume {UNKNOWN}, in 1 piece") for box in ("mixed", "duplicated", "noisy")),
        ("scaled", known.K, f"a volume {NONE.format(32)}, in 1 piece"),
        ("missing", known.K, f"a sheet {NONE.format(40)}, in 1 piece"),
        ("swiss_roll", known.K, f"a sheet {NONE.format(24)}, in 1 piece"),
        ("circle", known.K, "a strand that closes in 1 loop, in 1 piece"),
        ("helix_parted", known.K, f"a strand {NONE.format(5)}, in 1 piece"),
        # the turns, 0.05 apart, join to a belt 0.15 high, as high as neighbours reach: a cylinder, which has
        # one loop, round the axis; the three turns are no loops more, as the belt lets one slide to the next
        ("helix_joined", known.K, "a sheet that closes in 1 loop, in 1 piece"),
        ("clusters", known.K, f"a volume {UNKNOWN}, in 4 pieces, judged by the largest"),
        ("noise", known.K, f"a volume {UNKNOWN}, in 1 piece"),
    ],
)
def test_known_shapes_in_words(embeddings, name, K, words):
    indices, distances = lists(embeddings[name], 100)
    rows = {row["metric"]: row for row in topology.score_rows(indices, distances, K, 0, subsamples=1)}
    assert rows["description"]["note"] == words
    found = int(words.split(" loop")[0].split()[-1]) if "closes" in words else 0
    assert rows["loops"]["value"] == found


@pytest.mark.parametrize(("name", "loops"), [("torus", 2), ("eight", 2), ("sphere", 0)])
def test_loops_of_other_shapes(name, loops):
    for seed in range(3):
        assert count(shape(name, 1024, seed), 24)[0] == loops


def test_no_loops_in_random_clouds_without_any():
    clouds = [shape(name, 300, seed) for name in ("square", "cube", "ball", "sphere") for seed in range(8)]
    loops, persistence, _ = np.transpose([count(cloud, 12) for cloud in clouds])
    assert loops.sum() == 0
    assert (persistence > 0).all()  # bars there are


def test_shortcuts_between_the_sheets_of_a_roll_are_loops(embeddings):
    assert count(embeddings["swiss_roll"], known.K)[0] == 0
    assert count(embeddings["swiss_roll"], 48)[0] > 0


def test_bars_of_a_ring_are_known():
    # the Vietoris-Rips complex of n points of a circle is one up to a third of its length
    step = np.abs(np.subtract.outer(np.arange(31), np.arange(31)))
    np.testing.assert_allclose(topology.bars(np.minimum(step, 31 - step).astype(float)), [[1, 11]])


@pytest.mark.parametrize(("landmarks", "covering"), [(4, 2), (8, 1), (16, 0.5), (99, 0.5)])
def test_every_point_of_the_edges_is_covered(landmarks, covering):
    between, found = topology.landmark_distances(neighbor_graph(*ring(16)), landmarks)
    assert found == covering
    assert between.shape == (min(landmarks, 16),) * 2
    assert between.max() == 8


def test_a_circle_sets_the_scale_of_persistence():
    for n in (12, 60, 240):
        loops, persistence, resolution = topology.find_loops(*ring(n))
        # the bar is that of the circle, 0 to a third of its length, up to twice the covering radius
        assert 1 - resolution / 2 <= persistence <= 1
        assert loops == 1


def test_a_loop_beyond_the_resolution_counts_and_one_within_the_radius_does_not():
    line = np.linspace(0, 1, 400)
    for radius in (0.002, 0.2):  # a circle in the middle of a line of 1
        turn = 2 * np.pi * np.arange(100) / 100
        circle = radius * np.stack([np.cos(turn), np.sin(turn)], axis=1) + [0.5, 0]
        points = np.concatenate([np.stack([line, 0 * line], axis=1)[np.abs(line - 0.5) > radius], circle])
        loops, _, resolution = count(points, 8)
        length = 2 * np.pi * radius
        assert loops == (length / 2 > resolution)


@pytest.mark.parametrize("change", ["rotation", "shift", "tiny", "huge", "order"])
def test_changes_that_change_nothing(change):
    points = shape("torus", 400, 0)
    moved = {
        "rotation": points @ ortho_group.rvs(4, random_state=1),
        "shift": points + 5,
        "tiny": points * 1e-30,
        "huge": points * 1e30,
        "order": points[np.random.default_rng(0).permutation(400)],
    }[change]
    before, after = lists(points, 40), lists(moved, 40)
    np.testing.assert_allclose(topology.find_loops(*after, 100), topology.find_loops(*before, 100), rtol=1e-5)
    a, b = (topology.dimensions(*topology.without_twins(*found)[:2], 20, 5, 0) for found in (before, after))
    assert b[0] == pytest.approx(a[0], rel=0.2 if change == "order" else 1e-5)  # thinned anew
    assert b[1] == pytest.approx(a[1], rel=1e-5)


@pytest.mark.parametrize("D", [1, 2, 3, 10])
def test_dimensions_of_normal_clouds(D):
    points = np.random.default_rng(D).standard_normal((2000, D))
    np.testing.assert_allclose(topology.dimensions(*lists(points, 16), 16, 1, 0), D, rtol=0.12)


def test_maximum_likelihood_by_hand():
    # (ln 4/1 + ln 4/2) / 2 = 1.5 ln 2; (ln 3/1 + ln 3/1) / 2 = ln 3; the third sound has but one neighbour
    distances = np.array([[1, 2, 4], [1, 1, 3], [2, 0, 0]], dtype=float)
    assert topology.dimension_mle(distances) == pytest.approx(2 / (1.5 * np.log(2) + np.log(3)))


def test_two_nn_is_unbiased_whatever_its_top_does():
    rng = np.random.default_rng(0)
    ratios = 1 + rng.pareto(3, (4000, 20))
    wild = np.where(ratios == ratios.max(axis=1, keepdims=True), 1e6, ratios)
    for sample in (ratios, wild):
        found = [topology.dimension_two_nn(np.stack([np.ones(20), row], axis=1)) for row in sample]
        assert np.mean(found) == pytest.approx(3, abs=4 * np.std(found) / np.sqrt(len(found)))


def test_thinning_frees_two_nn_of_the_design(embeddings):
    found = lists(embeddings["missing"], 100)  # a square, in a low-discrepancy design
    assert topology.dimension_two_nn(found[1][:, :2]) > 3
    assert topology.dimension_rows(*found, 16, 0)[0]["value"] == pytest.approx(2, abs=0.3)


def test_neighbours_inside_a_part_are_those_of_the_part():
    points = shape("cube", 200, 0)
    rows = np.sort(np.random.default_rng(0).permutation(200)[:100])
    indices, distances = restricted_to(*lists(points, 199), rows, 7)
    expected = nearest_neighbors(points[rows], 7)
    np.testing.assert_array_equal(indices, expected[0])
    np.testing.assert_allclose(distances, expected[1])
    short, lengths = restricted_to(*lists(points, 4), rows, 4)
    own = short == np.arange(100)[:, None]
    assert own.any()
    assert not own.all()
    np.testing.assert_array_equal(lengths == 0, own)


def test_twins_are_left_out_of_the_dimension():
    points = shape("cube", 150, 0)
    twice = np.repeat(points, 2, axis=0) + 1e-9 * np.random.default_rng(0).standard_normal((300, 3))
    _, distances, _ = topology.without_twins(*lists(twice, 41))
    assert len(distances) == 150
    np.testing.assert_allclose(distances[:, :19], lists(points, 19)[1], rtol=1e-6)
    rows = {row["metric"]: row for row in topology.score_rows(*lists(twice, 41), 24, 0, 2, 100)}
    assert "150 sounds that coincide" in rows["dimension_mle"]["note"]
    assert rows["description"]["value"] == 3


def test_intervals_cover_the_estimate_on_other_sounds():
    clouds = [lists(shape("square", 200, seed), 32) for seed in range(40)]
    rows = [topology.dimension_rows(*cloud, 8, 0) for cloud in clouds]
    values = np.array([[row["value"] for row in two] for two in rows])
    low, high = np.array([[interval(row["replicates"]) for row in two] for two in rows]).transpose(2, 0, 1)
    truth, spread = values.mean(axis=0), values.std(axis=0)
    assert (((low <= truth) & (truth <= high)).mean(axis=0) >= 0.9).all()
    widths = (high - low).mean(axis=0) / spread
    assert (widths > 3.5).all()  # 3.9 would be exact
    assert (widths < 6.5).all()


def test_the_loop_of_a_circle_is_there_in_every_part(embeddings):
    indices, distances = lists(embeddings["circle"], 32)
    loops = topology.find_loops(indices[:, : known.K], distances[:, : known.K], 60)
    samples = topology.loops_of_samples(indices, distances, known.K, 0, 10, 60)
    count, persistence = topology.loop_rows(np.array([len(indices)]), loops, loops, samples)
    assert (count["low"], count["high"]) == (1, 1)
    low, high = interval(persistence["replicates"])
    assert low <= persistence["value"] <= high
    assert high - low < 0.1


def run(folder, points, K, k_max):
    indices, distances = lists(points, k_max)
    np.savez(folder / "neighbors.npz", indices=indices, distances=distances)
    words = ["--neighbors", f"{folder}/neighbors.npz", "--scores", f"{folder}/scores.csv"]
    topology.main([*words, "--model", "m", "--K", str(K)])
    return pandas.read_csv(folder / "scores.csv").set_index("metric")


def test_table_of_few_sounds(tmp_path):
    scores = run(tmp_path, shape("cube", 36, 0), 6, 6)
    assert scores.index.tolist() == METRICS
    assert (scores.n == 36).all()
    assert scores.better.isna().all()
    assert scores.chance.isna().all()
    assert scores.reference.isna().all()
    assert scores.unit.notna().all()
    assert scores.value["loops"] == 0
    assert scores.value["components"] == 1 + components(neighbor_graph(*lists(shape("cube", 36, 0), 6))).max()
    assert (scores.low <= scores.value)[["loops", "dimension_two_nn", "dimension_mle"]].all()
    assert (scores.value <= scores.high)[["loops", "dimension_two_nn", "dimension_mle"]].all()
    replicates = np.load(tmp_path / "scores.npy")
    assert np.isfinite(replicates[METRICS.index("dimension_mle"), :HALVES]).all()
    assert np.isfinite(replicates[METRICS.index("loop_persistence"), :5]).all()


def test_coinciding_sounds_have_no_numbers(tmp_path, embeddings):
    scores = run(tmp_path, embeddings["constant"], known.K, 20)
    assert scores.index.tolist() == METRICS
    assert scores[["value", "low", "high"]].isna().all(axis=None)
    assert (scores.note == "all neighbours coincide").all()
    assert (scores.state == "undefined").all()


def test_loops_of_the_largest_component_alone_are_partial(tmp_path, embeddings):
    scores = run(tmp_path, embeddings["clusters"][:200], 8, 20)
    partial = scores.index[scores.state == "partial"].tolist()
    assert partial == ["loops", "loop_persistence"]
    assert scores.note[partial].str.contains("largest component only").all()


@pytest.mark.parametrize(
    "points",
    [np.eye(12), np.repeat(np.eye(2), 6, axis=0), np.eye(12)[:, :1], np.eye(4)],
    ids=["equally far", "two places", "one apart", "four"],
)
def test_clouds_that_have_no_dimension(points):
    K = min(5, len(points) - 1)
    rows = {row["metric"]: row for row in topology.score_rows(*lists(points, K), K, 0, 3, 100)}
    assert list(rows) == METRICS
    for metric in ("dimension_two_nn", "dimension_mle", "description"):
        assert "value" not in rows[metric]
    assert rows["loops"].get("value", 0) == 0
    assert all(row["note"] for row in rows.values())


def test_rows_fit_the_table_of_scores(tmp_path):
    rows = topology.score_rows(*lists(shape("square", 60, 0), 12), 6, 0, 2, 30)
    write_table(tmp_path / "scores.csv", rows)
    assert pandas.read_csv(tmp_path / "scores.csv").value.notna().all()
