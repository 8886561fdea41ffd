"""Pitch: a line, a circle, a helix and noise are told apart, and so is a place for every pitch."""

import importlib
import json
import shlex

import matplotlib.image
import numpy as np
import pandas
import pytest
from analyse import helix, pitch
from compare import draw_pitch
from planning.analyses import arguments, read_analyses
from planning.schema import schema
from scipy.stats import qmc
from shared.mel import mel_bands
from synthesizers import additive

N = 256
LEAST = schema()["$defs"]["dataset"]["properties"]["N"]["minimum"]
LOW, OCTAVES = 55, 5
FACTORS = {
    "f1": {"unit": "Hz", "scale": "log", "low": LOW, "high": LOW * 2**OCTAVES},
    "brightness": {"unit": "Hz", "scale": "log", "low": 2000, "high": 3500},
}
TABLE = read_analyses()["pitch"]


def sounds():
    """Frequencies in Hz and brightness in Hz, float (N,) each."""
    u, v = qmc.Sobol(2, rng=np.random.default_rng(0)).random(N).T
    return LOW * 2 ** (OCTAVES * u), 2000 * (3500 / 2000) ** v


def noise(columns):
    return np.random.default_rng(1).standard_normal((N, columns))


def tuned(octaves, units, width):
    """Units, each with a best pitch of its own, in octaves: float (N, units)."""
    places = np.linspace(octaves.min(), octaves.max(), units)
    return np.exp(-(((octaves[:, None] - places) / width) ** 2) / 2) + 0.02 * noise(units)


def log_mel(odd_even=0):
    """Log-mel spectra of tones of a quarter of a second, float (N, 64). odd_even: in dB."""
    rate, (f1, brightness) = 16000, sounds()
    parameters = {
        "f1": f1,
        "brightness": brightness,
        "odd_even": np.full(N, odd_even),
        "phases": np.arange(N),
    }
    waves = additive.render(parameters, rate, 0.25)
    waves /= np.sqrt((waves**2).mean(axis=1, keepdims=True))
    power = np.abs(np.fft.rfft(waves * np.hanning(waves.shape[1]), axis=1)) ** 2
    return np.log(power @ mel_bands(64, waves.shape[1], rate).T + 1e-2)


def embedding(name):
    """A known embedding, float (N, D)."""
    f1, brightness = sounds()
    octaves = np.log2(f1)
    angle = 2 * np.pi * octaves
    circle = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    little = 0.05 * noise(8)
    known = {
        "line": np.column_stack([octaves, octaves, np.log(brightness)]),
        "circle": np.column_stack([circle, little]),
        "helix": np.column_stack([circle, 0.5 * octaves, little]),
        "brighter helix": np.column_stack([circle, 0.5 * octaves, little, 9 * np.log(brightness) ** 2]),
        "noise": noise(32),
        "places": tuned(octaves, 60, 0.08),
        "constant": np.ones((N, 3)),
    }
    return known[name]


def written(folder):
    """Files of the analysis. folder: Path."""
    return {"curve": str(folder / "m.csv"), "scores": str(folder / "m.scores.csv")}


def analysed(points, folder, table=None, **settings):
    """Scores of an embedding by the script, a DataFrame with a row per metric. folder: Path."""
    f1, brightness = sounds()
    table = table or {"f1": f1, "brightness": brightness}
    pandas.DataFrame(table).to_csv(folder / "p.csv", index_label="sound")
    np.save(folder / "m.npy", points.astype(np.float32))
    inputs = {"parameters": str(folder / "p.csv"), "embeddings": str(folder / "m.npy")}
    taken = {"factors": json.dumps(FACTORS), "design": "sobol", "pitch": "f1", "standardize": False}
    taken |= {"reduce": None, "metric": None, "shuffles": 20, "bootstrap": 40, "seed": 0} | settings
    line = arguments(TABLE, inputs, taken, {"model": "m"} | written(folder))
    importlib.import_module("analyse.pitch").main(shlex.split(line))
    return pandas.read_csv(folder / "m.scores.csv").set_index("metric")


# What each must give: metric -> (least, most), None for an empty cell; and the note in words.
SHARES = ("line_r2", "circle_r2", "helix_r2", "pitch_r2", "octave_gain")
NOTHING = dict.fromkeys((*SHARES, "height", "chroma", "octave", "rise", "radius"), (-0.06, 0.06))
TURN = 2 * np.pi / 12  # length of a semitone on a circle of radius 1, nearly
EXPECTED = {
    "line": {
        **dict.fromkeys(("height", "line_r2", "helix_r2", "pitch_r2"), (0.999, 1)),
        **dict.fromkeys(("chroma", "octave", "octave_gain", "radius"), (-0.001, 0.001)),
        "circle_r2": (-0.02, 0.05),  # five turns over a rising line: nearly nothing
        "rise": (0.47, 0.51),  # an octave over the rms distance: 1 / (5 / sqrt(6))
        "semitone": (0.035, 0.045),  # a twelfth of it
        **dict.fromkeys(("equivariance", "octave_equivariance"), (0.95, 1.1)),
    },
    "circle": {
        **dict.fromkeys(("circle_r2", "helix_r2", "pitch_r2", "octave_gain"), (0.95, 1)),
        **dict.fromkeys(("height", "line_r2", "rise"), (-0.03, 0.03)),
        "chroma": (0.95, 1),
        "octave": (0.8, 1),
        "radius": (0.68, 0.71),  # rms distance of points on a circle: its radius times sqrt(2)
        "semitone": (0.3, 0.4),  # a twelfth of a turn: 0.52 / sqrt(2)
        "equivariance": (-0.1, 0.1),  # a semitone points anywhere
        "octave_equivariance": (0.95, 1.1),  # but the same way after an octave
    },
    # variances: 25/12 * 0.5^2 = 0.52 of the rise, 1 of the circle
    "helix": {
        "line_r2": (0.31, 0.36),
        "circle_r2": (0.61, 0.67),
        "helix_r2": (0.97, 1),
        "octave_gain": (0.6, 0.67),
        "rise": (0.27, 0.3),
        "radius": (0.55, 0.58),
        "height": (0.5, 0.65),
        "chroma": (0.7, 0.8),
        "octave": (0.35, 0.45),
        "equivariance": (-0.1, 0.1),  # 0.5^2 / (0.5^2 + (2 pi)^2): the rise of a semitone is short
        "octave_equivariance": (0.95, 1.1),
    },
    "noise": NOTHING | {"semitone": (-0.4, 0.4), "equivariance": None, "octave_equivariance": None},
    # a place for each pitch: every turn holds a share, and that of an octave no larger one
    "places": {
        "circle_r2": (0.05, 0.12),
        "pitch_r2": (0.9, 1),
        "octave_gain": (-0.01, 0.01),
        "octave": (-0.01, 0.01),
        "chroma": (-0.05, 0.05),
        **dict.fromkeys(("equivariance", "octave_equivariance"), (-0.05, 0.05)),
    },
    "constant": dict.fromkeys(pitch.METRICS),
}
WORDS = {
    "line": "a line, without a turn per octave; it holds 100% of what pitch moves",
    "circle": "a circle, without a rise; it holds",
    "helix": "a helix; it holds",
    "noise": "pitch does not move the embedding above chance",
    "places": "mostly neither line nor helix",
    "constant": "the embedding is constant",
}


@pytest.mark.parametrize("name", EXPECTED)
def test_known_answers(name, tmp_path):
    scores = analysed(embedding(name), tmp_path)
    assert [*scores.index] == pitch.METRICS
    for metric, expected in EXPECTED[name].items():
        row = scores.loc[metric]
        if expected is None:
            assert np.isnan(row.value), metric
            assert row.note, metric
        else:
            assert expected[0] <= row.value <= expected[1], f"{metric}: {row.value}, not {expected}"
            assert row.low <= row.value <= row.high, metric
            if metric not in ("semitone", "equivariance", "octave_equivariance"):
                assert abs(row.chance) < 0.05, metric
    assert scores.note["helix_r2"].startswith(WORDS[name])


def test_what_other_factors_do_is_taken_off(tmp_path):
    """Nine times as much brightness hides no helix."""
    plain, brighter = (analysed(embedding(name), tmp_path) for name in ("helix", "brighter helix"))
    np.testing.assert_allclose(brighter.value, plain.value, atol=0.02)


def test_a_log_mel_spectrum_has_an_octave_where_harmonics_are_shared(tmp_path):
    """The even harmonics of a tone are those of the tone an octave above. Without them they differ."""
    scores, odd = (analysed(log_mel(odd_even), tmp_path) for odd_even in (0.0, 40.0))
    assert scores.value["pitch_r2"] > 0.5
    assert scores.chance["octave"] < 0.02 < scores.low["octave"] < scores.high["octave"] < 0.2
    assert scores.value["circle_r2"] < 0.1
    assert scores.note["helix_r2"].startswith("a line")
    assert odd.high["octave"] < 0
    assert odd.high["octave_gain"] < 0


def test_a_range_without_octaves_and_a_pitch_of_no_frequency_have_notes(tmp_path):
    f1, brightness = sounds()
    for table, words in (
        ({"f1": 200 + f1 / 10, "brightness": brightness}, "pitch spans 0.86 octaves, and 3 are needed"),
        ({"f1": f1 - 100, "brightness": brightness}, "is in no octave"),
    ):
        factors = FACTORS | {"f1": {"unit": "Hz", "scale": "linear"}}
        scores = analysed(embedding("helix"), tmp_path, table, factors=json.dumps(factors))
        assert scores.value.isna().all()
        assert scores.note.str.contains(words).all()


def test_the_share_explained_is_that_of_sounds_left_out():
    points, columns = noise(3), noise(5)
    errors, total = 0, 0
    for i in range(N):
        others = np.arange(N) != i
        known = np.column_stack([np.ones(N), columns])
        fit = np.linalg.lstsq(known[others], points[others], rcond=None)[0]
        errors += ((points[i] - known[i] @ fit) ** 2).sum()
        total += ((points[i] - points[others].mean(axis=0)) ** 2).sum()
    assert helix.explained(points, columns) == pytest.approx(1 - errors / total)


COLLAPSED = {
    "all alike but one": np.where(np.arange(N)[:, None] == 0, np.eye(8)[0], 0),
    "one-hot": np.eye(N),
    "two places": np.eye(8)[np.arange(N) % 2],
    "a pair apart": np.where(np.arange(N)[:, None] < 2, 1e6 * np.eye(8)[0], np.eye(N)[:, :8]),
}


@pytest.mark.parametrize("n", [LEAST, LEAST + 2, 40])
@pytest.mark.parametrize("name", COLLAPSED)
def test_a_collapsed_embedding_and_few_sounds_have_scores_or_notes(name, n, tmp_path):
    f1, brightness = sounds()
    table = {"f1": f1[:n], "brightness": brightness[:n]}
    scores = analysed(COLLAPSED[name][:n], tmp_path, table, design="random", shuffles=3)
    assert [*scores.index] == pitch.METRICS
    assert (np.isfinite(scores.value) | scores.note.notna()).all()


def test_pitch_may_be_the_only_factor_and_distances_those_of_the_config(tmp_path):
    only = {"f1": FACTORS["f1"]}
    settings = {"factors": json.dumps(only), "metric": "cosine", "reduce": json.dumps({"pca": 3})}
    scores = analysed(embedding("helix"), tmp_path, {"f1": sounds()[0]}, **settings)
    assert set(scores.distance) == {"cosine"}
    assert set(scores["reduce"]) == {"pca 3"}
    assert np.isfinite(scores.value).all()


def test_the_curve_of_a_circle_is_that_of_its_chords_and_is_drawn(tmp_path):
    analysed(embedding("circle")[:, :2], tmp_path)
    curve = pandas.read_csv(tmp_path / "m.csv")
    assert curve.octaves.max() > 4.5
    # a chord is 2 |sin(pi d)|, the mean chord 4 / pi
    np.testing.assert_allclose(curve.distance, np.pi / 2 * np.abs(np.sin(np.pi * curve.octaves)), atol=0.11)
    none, empty = tmp_path / "none.scores.csv", tmp_path / "none.csv"
    (tmp_path / "m.csv").with_name("none.csv").write_text("octaves,distance,pairs\n")
    pandas.read_csv(tmp_path / "m.scores.csv").assign(value=np.nan, low=np.nan).to_csv(none, index=False)
    files = f"{tmp_path / 'm.scores.csv'} {none} --curve {tmp_path / 'm.csv'} {empty}"
    draw_pitch.main(shlex.split(f"--scores {files} --output {tmp_path / 'pitch.png'}"))
    assert matplotlib.image.imread(tmp_path / "pitch.png").std() > 0.01
