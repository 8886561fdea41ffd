"""Figures of hundreds of models go in pages."""

import re

import pytest
from matplotlib.figure import Figure
from shared.drawing import PAGE, literal, pages, write_figure, write_pages


def test_pages_hold_every_model_once_and_the_controls_each():
    rows = [(f"m{i}", i) for i in range(2 * PAGE + 1)] + [("chance", -1), ("reference", -2)]
    found = pages(rows)
    assert [len(page) for page in found] == [PAGE + 2, PAGE + 2, 3]
    models = [row for page in found for row in page[:-2]]
    assert models == rows[:-2]
    assert all(page[-2:] == rows[-2:] for page in found)
    assert pages(rows[:3]) == [rows[:3]]


def test_a_pdf_has_every_page(tmp_path):
    rows = [(f"m{i}",) for i in range(PAGE + 1)]
    write_pages(lambda page: Figure((1, 1)), rows, [tmp_path / "a.png", tmp_path / "a.pdf"])
    assert len(re.findall(rb"/Type /Page\b", (tmp_path / "a.pdf").read_bytes())) == 2
    assert (tmp_path / "a.png").exists()


def test_of_several_pages_of_clouds_each_is_one_picture_of_the_same_size(tmp_path):
    rows = [(f"m{i}",) for i in range(PAGE + 1)]

    def draw(page):
        figure = Figure((3, 2))
        figure.subplots().scatter(range(1000), range(1000))
        return figure

    for name, clouds in {"marks": False, "pictures": True}.items():
        write_pages(draw, rows, [tmp_path / f"{name}.pdf"], clouds=clouds)
    marks, pictures = ((tmp_path / f"{name}.pdf").read_bytes() for name in ("marks", "pictures"))
    assert re.findall(rb"/MediaBox \[.*?\]", marks) == re.findall(rb"/MediaBox \[.*?\]", pictures)
    assert marks.count(b"/Subtype /Image") == 0
    assert pictures.count(b"/Subtype /Image") == 2
    assert re.findall(rb"/Width (\d+)", pictures) == [b"450"] * 2  # 3 inches, 150 pixels each


@pytest.mark.parametrize("scale", ["log", "linear"])
def test_a_dollar_in_a_name_begins_no_formula(tmp_path, scale):
    def drawn(page=None):
        figure = Figure()
        axis = figure.subplots()
        axis.plot([1, 10, 100], label=r"$\nothing$")
        axis.legend()
        axis.set(title=r"$\nothing$", xlabel="$_$", yscale=scale)
        axis.set_xticks([0, 1], [r"$\nothing$", "a"])
        return figure

    write_figure(drawn(), [tmp_path / "a.png"])
    write_pages(drawn, [("a", 0)], [tmp_path / "b.png", tmp_path / "b.pdf"])
    numbers = [label for label in literal(drawn()).axes[0].get_yticklabels() if label.get_text()]
    assert all(label.get_parse_math() for label in numbers)
