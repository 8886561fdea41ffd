"""The map of models in a real browser: two that are chosen are compared in words and shown side by side."""

import pandas
import pytest
from browsing import settled, until

pytestmark = [pytest.mark.browser, pytest.mark.network]


def test_two_models_of_the_map_are_compared_and_open_side_by_side(visit, real):
    page = visit(real)
    chart = page.locator("svg.alike[data-set=small]")
    assert chart.locator(".node[data-model=chance]").count() == 0
    chart.locator(".node[data-model=mfcc]").click()
    said = page.locator("#alike-small")
    assert said.inner_text() == "mfcc is chosen; choose another one."
    chart.locator(".node[data-model=crepe]").focus()
    page.keyboard.press("Enter")
    table = pandas.read_csv(real.parent / "small" / "models.csv", keep_default_na=False)
    of = table[(table.score == "cka") & (table.model_a == "crepe") & (table.model_b == "mfcc")].iloc[0]
    text = said.inner_text()
    assert text.startswith("crepe and mfcc: CKA ")
    stated = float(text.split("CKA ")[1].split(",")[0])
    assert stated == pytest.approx(float(of.value), rel=0.01, abs=0.001)
    page.locator("#alike-open-small").click()
    until(page, "state.views.length === 2 && state.by === 'model'")
    settled(page)
    assert sorted(page.evaluate("state.views.map((v) => v.model)")) == ["crepe", "mfcc"]
