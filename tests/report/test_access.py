"""The page in a real browser is safe, fits the screen, can be read by all, and prints."""

import re

import pytest
from browsing import IMAGE, SCRIPT, SHOTS, settled

pytestmark = [pytest.mark.browser, pytest.mark.network]


def test_hostile_names_are_just_odd(visit, hostile):
    page = visit(hostile)
    assert page.locator("#encodes-small a", has_text=SCRIPT).count() == 1
    assert page.locator("#encodes-small td.failed").inner_text() == f"failed at embed: {IMAGE} & more"
    assert page.locator("script:not([type])").count() == page.evaluate(
        "document.querySelector('meta[http-equiv]').content.match(/sha256/g).length"
    )
    page.locator("#models-box summary").click()
    page.locator(f'#models input[value="{IMAGE}"]').check()
    settled(page)
    assert page.locator("#views figcaption", has_text=IMAGE).count() == 1
    assert SCRIPT in page.locator("#legend").text_content()
    page.locator("#views").focus()
    page.keyboard.press("ArrowRight")
    page.evaluate("for (const card of document.querySelectorAll('details.card')) card.open = true")
    settled(page)
    assert page.locator(".plot", has_text=IMAGE).count() >= 1
    assert page.evaluate("document.querySelectorAll('img[src=x]').length") == 0
    failed = page.locator("details.card", has_text=SCRIPT).first
    failed.screenshot(path=SHOTS / "failed_model.png")
    # what the page's policy is for: a handler that came in anyway does not run
    page.evaluate(
        "document.body.insertAdjacentHTML('beforeend', `<img src=data:x onerror='window.ran = 1'>`)"
    )
    settled(page)
    assert page.evaluate("window.ran") is None
    assert any("Content Security Policy" in text for text in visit.noise)
    visit.noise.clear()


@pytest.mark.parametrize(
    ("width", "height"), [(1280, 800), (640, 450), (768, 1024)]
)  # also at 200 %, a tablet
def test_nothing_runs_over_the_side(visit, real, width, height):
    page = visit(real, width=width, height=height)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.screenshot(path=SHOTS / f"at_{width}.png")


def test_no_known_barrier_to_access(visit, real):
    from axe_playwright_python.sync_playwright import Axe

    page = visit(real)
    rules = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}}
    results = Axe().run(page, options=rules)
    assert results.violations_count == 0, results.generate_report()


def test_it_prints(visit, real):
    page = visit(real)
    page.emulate_media(media="print")
    assert not page.locator("#explore").is_visible()
    assert page.locator("#encodes-small").is_visible()
    pdf = page.pdf(path=SHOTS / "print.pdf", format="A4", landscape=True, print_background=True)
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) < 30 * 3  # data sets
    page.set_viewport_size({"width": 1100, "height": 900})
    page.screenshot(path=SHOTS / "print.png")
