"""The synthesizer neural: what it says of its sounds is measured in the waveform.

Most facts are measured with a decoder of one layer made by hand; those of the training, and the same
facts again, with one trained here, where the environment `neural` has been built.
"""

import subprocess
import sys

import numpy as np
import pytest
from conftest import ROOT, built
from scipy.stats import qmc, spearmanr
from synthesizers import neural

RATE = 16000
SCRIPTS = ROOT / "workflow_scripts"


@pytest.fixture(scope="session")
def torch_python():
    """The interpreter of the environment `neural`."""
    (prefix,) = built("neural")
    return prefix / "bin" / "python"


@pytest.fixture(scope="module")
def by_hand(tmp_path_factory):
    """A decoder of one layer: latents are slope, level of even harmonics and two resonances, in dB."""
    k = np.arange(1, 41)
    resonances = [4 * np.exp(-((np.log2(k / centre) / 0.5) ** 2)) for centre in (3, 8)]
    weight = np.array([4 * np.log2(k), -8.0 * (k % 2 == 0), *resonances])
    path = tmp_path_factory.mktemp("by_hand") / "decoder.npz"
    bias = -9 * np.log2(k) - 10.0 * (k % 2 == 0)
    np.savez(path, weight_0=weight, bias_0=bias, mean=[np.log(4), 10], scale=[0.7, 8])
    return path


@pytest.fixture(scope="module")
def training(tmp_path_factory, torch_python):
    """A decoder trained with seed 0, and what the training printed."""
    path = tmp_path_factory.mktemp("training") / "decoder.npz"
    command = [torch_python, SCRIPTS, "synthesize.train_neural", "--seed", "0", "--output", path]
    return path, subprocess.run(command, check=True, capture_output=True, text=True).stdout


@pytest.fixture(params=["by_hand", pytest.param("training", marks=pytest.mark.network)])
def trained(request):
    value = request.getfixturevalue(request.param)
    return value if request.param == "by_hand" else value[0]


def drawn(N):
    """Parameters of N sounds that fill the range of every factor, each on a linear scale."""
    factors = neural.FACTORS
    low, high = ([factor[key] for factor in factors.values()] for key in ("low", "high"))
    columns = qmc.scale(qmc.Sobol(len(factors), seed=0).random(N), low, high).T
    return {**dict(zip(factors, columns, strict=True)), "phases": np.arange(N, dtype=float)}


def parameters(**changed):
    """Default parameters of as many sounds as a changed one has values."""
    values = {name: factor["default"] for name, factor in (neural.FACTORS | neural.NUISANCES).items()}
    columns = np.broadcast_arrays(*map(np.atleast_1d, (values | changed).values()))
    return dict(zip(values | changed, map(np.array, columns), strict=True))


def measured(sound, f1, sample_rate=RATE, harmonics=40):
    """Levels in dB of harmonics 1, 2, ... below half the sample rate, at exact multiples of f1 (Hz)."""
    k = np.arange(1, min(harmonics, int(sample_rate / 2 / f1)) + 1)
    t = np.arange(len(sound)) / sample_rate
    tones = np.exp(-2j * np.pi * f1 * k[:, None] * t)
    return 20 * np.log10(np.abs(tones @ (sound * np.hanning(len(sound)))))


def centroid_and_odd_even(levels, f1):
    """Brightness in Hz and odd_even in dB from their definitions, harmonic by harmonic."""
    levels = levels[levels > levels.max() - 90]  # the harmonics above the band are noise
    a = 10 ** (levels / 20)
    brightness = sum(k * f1 * a[k - 1] for k in range(1, len(a) + 1)) / sum(a)
    notches = [(levels[k - 2] + levels[k]) / 2 - levels[k - 1] for k in range(2, len(a), 2)]
    return brightness, np.mean(notches)


def test_the_waveform_has_the_brightness_and_odd_even_that_are_returned(trained):
    wanted = drawn(16)
    sounds, realised = neural.render(wanted, RATE, 1.0, trained=trained)
    assert realised.keys() == {"brightness", "odd_even"}
    for i, sound in enumerate(sounds):
        brightness, odd_even = centroid_and_odd_even(measured(sound, wanted["f1"][i]), wanted["f1"][i])
        assert brightness == pytest.approx(realised["brightness"][i], rel=1e-3)
        assert odd_even == pytest.approx(realised["odd_even"][i], abs=0.05)


def test_what_is_asked_for_is_obtained_in_every_corner(trained):
    names = list(neural.FACTORS)
    corners = np.array(np.meshgrid(*[(f["low"], f["high"]) for f in neural.FACTORS.values()])).reshape(5, -1)
    wanted = parameters(**dict(zip(names, corners, strict=True)))
    _, realised = neural.render(wanted, RATE, 0.01, trained=trained)
    np.testing.assert_allclose(realised["brightness"], wanted["brightness"], rtol=1e-3)
    np.testing.assert_allclose(realised["odd_even"], wanted["odd_even"], atol=0.05)


def test_realised_factors_keep_the_order_asked_for_and_stay_independent(trained):
    wanted = drawn(1024)
    _, realised = neural.render(wanted, RATE, 0.01, trained=trained)
    for name, values in realised.items():
        assert spearmanr(values, wanted[name]).statistic > 0.95
    factors = [(wanted | realised)[name] for name in neural.FACTORS]
    correlations = spearmanr(np.array(factors), axis=1).statistic
    assert np.abs(correlations - np.eye(5)).max() < 0.1


@pytest.mark.parametrize("f1", [200, 283.5, 400])
def test_period_of_f1(trained, f1):
    sound = neural.render(parameters(f1=f1), 48000, 1.0, trained=trained)[0][0]
    spectrum = np.fft.rfft(sound, 2 * len(sound))
    correlation = np.fft.irfft(np.abs(spectrum) ** 2)
    lags = np.arange(48000 // 450, 48000 // 150)
    best = lags[correlation[lags].argmax()]
    left, top, right = correlation[best - 1 : best + 2]
    period = best + (left - right) / (2 * (left - 2 * top + right))
    assert 48000 / period == pytest.approx(f1, rel=1e-3)


def test_shapes_move_the_spectrum_but_neither_brightness_nor_odd_even(trained):
    sounds, realised = neural.render(
        parameters(shape_1=[-1, 1, 0, 0], shape_2=[0, 0, -1, 1]), RATE, 1.0, trained=trained
    )
    levels = np.array([measured(sound, 280, harmonics=24) for sound in sounds])
    levels -= levels.mean(axis=1, keepdims=True)
    first, second = levels[1] - levels[0], levels[3] - levels[2]
    assert np.sqrt(np.mean(first**2)) > 1
    assert np.sqrt(np.mean(second**2)) > 1
    assert abs(np.corrcoef(first, second)[0, 1]) < 0.9
    assert np.ptp(realised["brightness"]) < 1
    assert np.ptp(realised["odd_even"]) < 0.01


@pytest.mark.parametrize(("sample_rate", "limit"), [(16000, 7000), (44100, 7000), (16000, 4500)])
def test_nothing_above_the_band(trained, sample_rate, limit):
    wanted = drawn(8) | {"f1": np.array([200, 210, 233.3, 250, 300, 333.3, 350, 400])}
    sounds, _ = neural.render(wanted, sample_rate, 1.0, trained=trained, max_frequency=limit)
    power = np.abs(np.fft.rfft(sounds)) ** 2
    assert (10 * np.log10(power[:, limit + 1 :].sum(axis=1) / power.sum(axis=1)) < -80).all()


def test_beyond_reach_the_realised_brightness_is_what_is_heard(by_hand):
    """2000 Hz is not to be had from harmonics below 2500 Hz: the factor is not what was asked for."""
    wanted = parameters(brightness=2000)
    sounds, realised = neural.render(wanted, RATE, 1.0, trained=by_hand, max_frequency=2500)
    brightness, odd_even = centroid_and_odd_even(measured(sounds[0], 280), 280)
    assert realised["brightness"][0] < 1900
    assert brightness == pytest.approx(realised["brightness"][0], rel=1e-3)
    assert odd_even == pytest.approx(realised["odd_even"][0], abs=0.05)


def test_phases_change_the_waveform_and_not_the_levels(by_hand):
    sounds, _ = neural.render(parameters(phases=[0, 1, 2147483646]), RATE, 1.0, trained=by_hand)
    levels = [measured(sound, 280, harmonics=24) for sound in sounds]
    np.testing.assert_allclose(levels, levels[:1] * 3, atol=1e-3)
    assert np.abs(np.corrcoef(sounds) - np.eye(3)).max() < 0.9


def test_a_sound_does_not_depend_on_the_others(trained):
    wanted = drawn(8)
    together, realised = neural.render(wanted, RATE, 0.2, trained=trained)
    alone, own = neural.render({name: v[5:6] for name, v in wanted.items()}, RATE, 0.2, trained=trained)
    np.testing.assert_array_equal(alone[0], together[5])
    assert own["brightness"][0] == realised["brightness"][5]


def test_sounds_start_and_end_softly(trained):
    sounds, _ = neural.render(drawn(8), RATE, 0.5, trained=trained)
    assert sounds.shape == (8, 8000)
    assert np.abs(sounds).max() <= 1
    assert np.abs(sounds[:, [0, -1]]).max() < 1e-4


def arrays(path):
    with np.load(path) as file:
        return dict(file)


def test_faults_are_one_sentence(by_hand, tmp_path):
    def fault(trained, rate=RATE, **options):
        with pytest.raises(ValueError, match=r"^neural: [^\n]+$") as caught:
            neural.render(parameters(), rate, 0.1, trained=str(trained), **options)
        return str(caught.value)

    assert "cannot read the trained decoder /no/decoder.npz (No such file" in fault("/no/decoder.npz")
    text, short, wrong = tmp_path / "text.npz", tmp_path / "short.npz", tmp_path / "wrong.npz"
    text.write_text("no numbers")
    np.savez(short, **{name: v for name, v in arrays(by_hand).items() if name != "mean"})
    np.savez(wrong, **(arrays(by_hand) | {"bias_0": np.zeros(7)}))
    for path in (text, short):
        assert f"{path} is not a trained decoder; train one with" in fault(path)
    assert f"the arrays of {wrong} are not those of a decoder" in fault(wrong)
    assert "max_frequency 7000 Hz is above half of the sample rate (8000 Hz)" in fault(by_hand, 8000)
    assert "f1 = 280 Hz has fewer than 3 harmonics" in fault(by_hand, max_frequency=800)


@pytest.mark.network
def test_axes_follow_what_is_heard_on_spectra_not_trained_on(training):
    held_out = [line for line in training[1].splitlines() if line.startswith("held out: correlation")]
    assert len(held_out) == 2
    assert all(
        float(word) > 0.98 for line in held_out for word in line.replace(",", "").split() if "." in word
    )


@pytest.mark.network
def test_training_and_synthesizer_mean_the_same_by_brightness_and_odd_even(torch_python):
    code = """
import numpy as np, torch
from synthesize import train_neural
from synthesizers.neural import descriptors
levels = train_neural.spectra(64, np.random.default_rng(0))
centroid, odd_even = descriptors(levels, np.full(64, train_neural.HARMONICS))
labels = train_neural.labels(torch.tensor(levels)).numpy()
print(np.abs(labels - np.stack([np.log(centroid), odd_even], axis=1)).max())
"""
    command = [torch_python, "-c", code]
    done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=SCRIPTS)
    assert float(done.stdout) < 1e-9


def test_the_synthesizer_needs_no_torch():
    code = "import sys, synthesizers.neural; print(*sys.modules)"
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=SCRIPTS)
    assert not {"torch", "scipy", "soundfile"} & set(done.stdout.split())
