"""The cards of the models in a real browser."""

import pytest
from browsing import IMAGE, SCRIPT, SHOTS, saved, until

pytestmark = [pytest.mark.browser, pytest.mark.network]


def test_a_card_says_all_of_one_model(visit, real):
    page = visit(real)
    page.locator("#encodes-small a", has_text="basic_pitch").click()
    card = page.locator("[id='model-basic_pitch']")
    card.locator(".plot .boxlayer").first.wait_for()
    text = card.inner_text()
    assert "seen of the clip" in text
    assert "Isomap picture" in text
    card.locator("summary", has_text="All its scores").first.click()
    assert "Linear probes" in card.inner_text()
    card.screenshot(path=SHOTS / "card.png")
    name, content = saved(page, card.locator("button", has_text="SVG").first)
    assert name.endswith(".svg")
    assert b"<svg" in content
    card.locator("button", has_text="Figure 3").first.click()
    until(page, "state.views.length === 3 && state.by === 'factor'")
    assert page.evaluate("state.views.map((v) => v.factor)") == ["f1", "brightness", "odd_even"]


def test_layers_are_drawn_against_depth(visit, hostile):
    page = visit(hostile, "#model-mfcc")
    card = page.locator("[id='model-mfcc']")
    card.locator("h4", has_text="Layers by depth").first.wait_for()
    plotted = page.evaluate(
        """[...document.querySelectorAll('.plot')].map((p) => p.data[0])
        .find((t) => t.type === 'scatter').x"""
    )
    assert plotted == [0, 1, 2.7]


def test_a_model_without_a_cloud_is_named_with_the_reason(visit, hostile):
    page = visit(hostile)
    absent = page.locator("#explore p", has_text="Without a cloud")
    assert f"{SCRIPT} (failed at embed: {IMAGE} & more)" in absent.inner_text()
    page.locator("#encodes-small a", has_text=SCRIPT).click()
    assert page.locator("details.card", has_text=SCRIPT).first.locator("[data-act=factors]").count() == 0
