"""The tables of the page in a real browser: the first screen, sorting, filtering and the keyboard."""

import pandas
import pytest
from browsing import SCRIPT, SHOTS

pytestmark = [pytest.mark.browser, pytest.mark.network]


def test_first_screen_says_which_model_encodes_what(visit, real):
    page = visit(real)
    table = page.locator("#encodes-small")
    assert table.bounding_box()["y"] + 200 < 900
    assert table.locator("tbody tr").count() == 8  # six models and the controls
    scores = pandas.read_csv(real.parent / "small" / "scores.csv", keep_default_na=False, dtype=str)
    row = scores[(scores.model == "crepe") & (scores.metric == "probe_r2") & (scores.factor == "f1")].iloc[0]
    expected = (float(row.value) - float(row.chance)) / (float(row.reference) - float(row.chance))
    cell = table.locator("tr[data-model=crepe] td").first
    assert float(cell.locator("[data-measure='subspaces.probe_r2'] .number").inner_text()) == pytest.approx(
        expected, abs=0.006
    )
    assert "JND" in cell.inner_text()
    page.screenshot(path=SHOTS / "first_screen.png")
    cell.hover()
    assert "chance" in page.locator("#tip").inner_text()
    assert "reference" in page.locator("#tip").inner_text()
    page.get_by_label("neighbours").first.check()
    assert cell.locator("[data-measure='knn.r2']").is_visible()
    assert not cell.locator("[data-measure='subspaces.probe_r2']").is_visible()


def test_tables_sort_and_filter(visit, real):
    page = visit(real)
    table = page.locator("#encodes-small")
    button = table.locator("thead button").nth(1)
    button.press("Enter")
    values = [
        float(t)
        for t in table.locator("tbody:first-of-type td:nth-child(2) .number:visible").all_inner_texts()[::2]
    ]
    assert values == sorted(values, reverse=True)
    assert table.locator("th[aria-sort=descending]").count() == 1
    page.locator("#filter").fill("crepe")
    assert table.locator("tbody:first-of-type tr:visible").count() == 2
    assert page.locator("details.card:visible").count() == 2


def test_models_are_ordered_and_filtered_by_their_cards(visit, real):
    page = visit(real)
    rows = page.locator("#encodes-small tbody:first-of-type tr:visible")

    def shown():
        return [row.get_attribute("data-model") for row in rows.all()]

    first = shown()
    page.get_by_label("Order").focus()
    page.keyboard.type("by parameters")
    assert shown()[2:4] == ["basic_pitch", "logmel"]  # behind the two that have none
    assert shown()[-1].startswith("crepe")
    cards = page.locator("details.card").evaluate_all("cards => cards.map((card) => card.dataset.model)")
    assert cards == shown()
    page.get_by_label("falling").check()
    assert shown()[0].startswith("crepe")
    page.locator("#filter").fill("parameters<=2M d>200")
    assert shown() == ["logmel", "basic_pitch"]
    assert page.locator("#audit-small tbody tr:visible").count() == 2
    page.locator("#filter").fill("transcription PITCH parameters>0")
    assert set(shown()) == {"crepe", "basic_pitch"}
    page.locator("#filter").fill("")
    page.get_by_label("falling").uncheck()
    page.get_by_label("Order").select_option("")
    assert shown() == first


def test_a_mark_says_what_it_means(visit, hostile):
    page = visit(hostile)
    mark = page.locator("#audit-small td[data-tip]").first
    mark.focus()
    assert page.locator("#tip").inner_text().endswith(".")


def test_a_failed_model_lies_last_and_is_no_wall_to_the_keyboard(visit, hostile):
    page = visit(hostile)
    table = page.locator("#encodes-small")
    for _ in range(2):  # both directions
        table.locator("thead button").nth(1).click()
        assert table.locator("tbody:first-of-type tr").last.get_attribute("data-model") == SCRIPT
    table.locator("tbody:first-of-type td[data-tip]").last.focus()
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.closest('tr').dataset.model") == "chance"
    assert page.evaluate("document.activeElement.getAttribute('aria-describedby')") == "tip"
    page.locator("#filter").fill("logmel")
    assert table.locator("td[tabindex='0']:visible").count() == 1
