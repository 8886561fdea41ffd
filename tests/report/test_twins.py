"""Twins of synthesizers, which render sounds in the page: what they state, and whether they sound alike."""

import json

import numpy as np
import pandas
import pytest
from conftest import ROOT, definition
from planning.datasets import renderer
from report import explore
from shared.sounds import write_audio
from synthesize.synthesize import load_synthesizer

PAGE_SCRIPTS = ROOT / "workflow_scripts" / "report" / "page" / "scripts"
TWINS = sorted((ROOT / "workflow_scripts" / "synthesizers").glob("*.js"))
N, RATE, SECONDS = 12, 16000, 0.3
SETTINGS = [
    ("additive", {"f1": 200, "brightness": 800, "odd_even": 0}, {}),
    ("additive", {"f1": 311, "brightness": 1700, "odd_even": 20}, {"max_frequency": 5000}),
    ("additive", {"f1": 400, "brightness": 3200, "odd_even": 40}, {"ramp": 0.01}),
    ("additive", {}, {}),
    ("partials", {"f1": 150, "level_2": -3, "level_5": -30, "level_24": 0}, {}),
    ("partials", {"f1": 285, "level_3": -12.5}, {"max_frequency": 5000}),
    ("partials", {}, {}),
]


def twin_of(synthesizer):
    return ROOT / "workflow_scripts" / "synthesizers" / f"{synthesizer}.js"


@pytest.mark.parametrize("twin", TWINS, ids=lambda path: path.stem)
def test_a_twin_states_factors_and_nuisances_that_its_synthesizer_has(twin):
    module = load_synthesizer(twin.stem)
    factors, nuisances = explore.stated_by(twin)
    assert factors
    assert factors <= set(module.FACTORS)
    assert nuisances <= {*module.NUISANCES, "onset", "gain"}  # the last two are laid over any sound


def test_a_twin_that_states_nothing_is_an_error(tmp_path):
    (tmp_path / "odd.js").write_text("synthesizers.odd = {\n  factors: names,\n  nuisances: [],\n};\n")
    with pytest.raises(ValueError, match="must state `factors"):
        explore.stated_by(tmp_path / "odd.js")


@pytest.fixture
def small(tmp_path):
    """Results that the explorer needs of a data set of N sounds with one model and the reference."""
    rng = np.random.default_rng(0)
    values = {name: rng.uniform(1, 2, N) for name in ("f1", "brightness", "odd_even", "vibrato")}
    for folder in ("sounds", "isomap", "neighbors", "trust", "knn"):
        (tmp_path / folder).mkdir()
    pandas.DataFrame({"sound": range(N), **values}).to_csv(
        tmp_path / "sounds" / "parameters.csv", index=False
    )
    noise = rng.normal(scale=0.1, size=(N, round(SECONDS * RATE))).astype(np.float32)
    write_audio(tmp_path / "sounds" / "audio.wav", [noise], RATE, N)
    for model in ("m", "reference"):
        cloud = pandas.DataFrame(rng.normal(size=(N, 3)), columns=["x", "y", "z"]).assign(component=0)
        cloud.to_csv(tmp_path / "isomap" / f"{model}.csv", index=False)
        (tmp_path / "isomap" / f"{model}.bridges.csv").write_text("sound,other_sound\n")
        np.savez(
            tmp_path / "neighbors" / f"{model}.npz", indices=(np.arange(N)[:, None] + np.arange(1, 7)) % N
        )
        (tmp_path / "trust" / f"{model}.scores.csv").write_text("metric,value,note\nstamp,1,trusted\n")
        (tmp_path / "knn" / f"{model}.csv").write_text("f1_log_ratio\n" + "0.1\n" * N)
    return tmp_path


@pytest.mark.parametrize(
    ("extra", "rendered"),
    [
        ({}, True),
        ({"factors": {"vibrato": {"unit": "Hz", "scale": "linear"}}}, False),
        ({"nuisances": {"reverberation": {"unit": "s"}}}, False),
    ],
    ids=["all stated", "unknown factor", "unknown nuisance"],
)
def test_the_page_plays_clips_of_what_a_twin_does_not_state(small, extra, rendered):
    entry = definition("additive", sample_rate=RATE, duration=SECONDS, options={})
    entry |= {key: entry[key] | more for key, more in extra.items()}
    explore.main(
        [
            *("--results", str(small), "--definition", json.dumps(entry), "--renderer", *renderer(entry)),
            *("--models", "m", "reference", "--megabytes", "1"),
            *("--clips", f"{small}/clips.bin", "--output", f"{small}/clouds.json"),
        ]
    )
    sound = json.loads((small / "clouds.json").read_text())["sound"]
    assert sound["rendered"] == rendered
    assert len(sound["starts"]) == (1 if rendered else N + 1)
    assert ((small / "clips.bin").stat().st_size > 0) != rendered


def levels(samples, f1, ramp):
    """Amplitudes of the harmonics of f1 (Hz) in the steady part of a sound, float (P,)."""
    edge = round(ramp * RATE)
    steady = np.asarray(samples)[edge:-edge]
    window = np.hanning(len(steady))
    harmonics = f1 * np.arange(1, int(RATE / 2 // f1))
    waves = np.exp(-2j * np.pi * harmonics[:, None] * np.arange(len(steady)) / RATE)
    return 2 * np.abs(waves @ (steady * window)) / window.sum()


@pytest.mark.browser
@pytest.mark.parametrize(("synthesizer", "values", "options"), SETTINGS)
def test_a_twin_has_the_spectrum_of_its_synthesizer(browser, synthesizer, values, options):
    module = load_synthesizer(synthesizer)
    stated, _ = explore.stated_by(twin_of(synthesizer))
    full = {name: entry["default"] for name, entry in module.FACTORS.items()} | values
    parameters = {name: np.array([float(value)]) for name, value in full.items()} | {"phases": np.array([7])}
    expected = module.render(parameters, RATE, 1.0, **options)[0]
    page = browser.new_page()
    for script in (PAGE_SCRIPTS / "sound.js", twin_of(synthesizer)):
        page.add_script_tag(content=script.read_text())
    samples = page.evaluate(
        "([name, ...rest]) => Array.from(synthesizers[name].render(...rest))",
        [synthesizer, {name: values[name] for name in values if name in stated}, RATE, 1.0, options, 7],
    )
    page.close()
    assert len(samples) == len(expected)
    ramp = options.get("ramp", 0.02)
    heard, wanted = (levels(sound, full["f1"], ramp) for sound in (samples, expected))
    assert heard == pytest.approx(wanted, rel=1e-3, abs=1e-5 * wanted.max())
    edge = round(ramp * RATE)
    for end in (slice(0, edge // 4), slice(-(edge // 4), None)):  # both begin and end softly
        assert np.abs(np.asarray(samples)[end]).max() < 0.2 * np.abs(samples).max()
