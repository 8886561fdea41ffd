"""Just-noticeable differences that depend on the value: what is counted is the integral of dx / JND(x)."""

import math

import numpy as np
import pytest
from scipy.integrate import quad
from shared.jnds import held, in_words, looked_up, size_at, unit_size_at
from shared.scales import from_jnd, in_jnd, mean_jnd, span

HEARD = {"percent": [[55, 3], [200, 1], [400, 1], [1760, 0.4]], "source": ""}
BALANCE = {"step": [[-10, 2], [0, 1], [12, 1], [40, 5]], "source": ""}


def test_a_jnd_that_is_a_share_of_the_value_counts_log_ratios():
    tenth = {"step": [[1, 0.1], [1000, 100]]}
    assert span(3, 17, tenth) == pytest.approx(math.log(17 / 3) / 0.1)
    for one in ({"percent": 2}, {"percent": [[1, 2], [10, 2], [1000, 2]]}):
        assert span(3, 17, one) == pytest.approx(math.log(17 / 3) / math.log(1.02))


def test_a_constant_step_counts_differences():
    for one in ({"step": 3}, {"step": [[-7, 3], [0, 3], [5, 3]]}):
        assert span(-20, 10, one) == pytest.approx(10)


@pytest.mark.parametrize(("a", "b"), [(1, 0.5), (4, -0.3), (2, 1e-9)])
def test_a_jnd_of_a_straight_line_has_its_closed_form(a, b):
    table = {"step": [[0, a], [10, a + 10 * b]]}
    assert span(2, 7, table) == pytest.approx(math.log1p(5 * b / (a + 2 * b)) / b)


@pytest.mark.parametrize(("low", "high"), [(60, 150), (30, 3000), (250, 390), (500, 501)])
def test_a_table_of_percentages_is_the_integral_over_log_values(low, high):
    knots = [x for x, _ in HEARD["percent"] if low < x < high]
    count, _ = quad(lambda x: 1 / x / math.log1p(size_at(x, HEARD) / 100), low, high, points=knots or None)
    assert span(low, high, HEARD) == pytest.approx(count)


@pytest.mark.parametrize(("low", "high"), [(-30, 60), (1, 11), (13, 39)])
def test_a_table_of_steps_is_the_integral_over_values(low, high):
    knots = [x for x, _ in BALANCE["step"] if low < x < high]
    count, _ = quad(lambda x: 1 / unit_size_at(x, BALANCE), low, high, points=knots or None)
    assert span(low, high, BALANCE) == pytest.approx(count)


@pytest.mark.parametrize(
    ("jnd", "low", "high"),
    [(HEARD, 20, 8000), (BALANCE, -50, 90), ({"percent": 1}, 20, 8000), ({"step": 3}, -50, 90)],
)
def test_counting_is_undone(jnd, low, high):
    values = np.linspace(low, high, 1001)
    counts = in_jnd(values, jnd)
    assert (np.diff(counts) > 0).all()
    np.testing.assert_allclose(from_jnd(counts, jnd), values, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("jnd", [HEARD, BALANCE])
def test_a_small_count_moves_by_as_many_jnd_of_the_place(jnd):
    for value in (5, 40, 100, 199, 900, 5000):
        moved = from_jnd(in_jnd(value, jnd) + 1e-4, jnd)
        size = size_at(value, jnd)
        size = size if "step" in jnd else value * math.log1p(size / 100)
        assert (moved - value) / 1e-4 == pytest.approx(size, rel=1e-3)


def test_constants_are_counted_to_the_last_bit_as_ever():
    values = np.geomspace(20, 8000, 257)
    np.testing.assert_array_equal(in_jnd(values, {"percent": 1}), np.log(values) / np.log1p(0.01))
    np.testing.assert_array_equal(in_jnd(values, {"step": 0.3}), values / 0.3)
    np.testing.assert_array_equal(from_jnd(values / 9, {"percent": 1}), np.exp(values / 9 * np.log1p(0.01)))
    np.testing.assert_array_equal(from_jnd(values, {"step": 0.3}), values * 0.3)


def test_the_mean_of_a_range_holds_as_many():
    for jnd, low, high in ((HEARD, 55, 1760), (BALANCE, -20, 40)):
        mean = mean_jnd({"jnd": jnd, "low": low, "high": high})
        assert span(low, high, mean) == pytest.approx(span(low, high, jnd))
        sizes = [size for _, size in next(iter(jnd.values()))]
        assert min(sizes) < next(iter(mean.values())) < max(sizes)
    constant = {"percent": 1, "source": ""}
    assert mean_jnd({"jnd": constant}) is constant


def test_a_table_is_looked_up_between_its_rows_and_held_beyond():
    places = 0, 1, 2, 3, 3.5, 4, 9
    assert [looked_up(x, (1, 3, 4), (10, 20, 0)) for x in places] == [10, 10, 15, 20, 10, 0, 0]
    assert held(HEARD, 60, 1760, "Hz") == ""
    assert held(HEARD, 50, 1760, "Hz") == "held below 55 Hz"
    assert held(HEARD, 20, 2000, "Hz") == "held below 55 Hz and above 1760 Hz"
    assert held({"percent": 1}, 20, 2000, "Hz") == ""


def test_sizes_over_a_range_in_words():
    assert in_words(HEARD, 55, 1760, "Hz") == "0.4 to 3 %"
    assert in_words(HEARD, 210, 390, "Hz") == "1 %"
    assert in_words(BALANCE, -5, 20, "dB") == "1 to 2.14 dB"
    assert in_words({"percent": 5.946}, 1, 2, "Hz") == "5.946 %"
