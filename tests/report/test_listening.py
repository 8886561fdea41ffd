"""Sounds of the page in a real browser: what a click or a key plays, and how loud."""

import json

import pytest
from browsing import point, settled, until

pytestmark = [pytest.mark.browser, pytest.mark.network]


@pytest.mark.parametrize("dataset", ["small", "small_grid"])  # rendered in the page; a clip of each sound
def test_a_click_is_heard_within_the_limit(visit, real, dataset):
    page = visit(real)
    page.locator("#dataset").select_option(dataset)
    settled(page)
    page.evaluate(
        """() => { player.start(); const node = player.context.createAnalyser(); node.fftSize = 32768;
        player.limiter.connect(node); window.loudest = 0; const samples = new Float32Array(node.fftSize);
        setInterval(() => { node.getFloatTimeDomainData(samples);
        for (const v of samples) loudest = Math.max(loudest, Math.abs(v)); }, 20); }"""
    )
    page.locator("#views").scroll_into_view_if_needed()
    depth = page.evaluate("[...Array(sets.load(state.d).n).keys()]")
    for sound in depth:  # one that no other hides
        x, y = point(page, 0, sound)
        page.locator(".holder").first.click(position={"x": x, "y": y}, delay=200)
        page.wait_for_timeout(150)
        if page.evaluate("document.getElementById('explore').dataset.played"):
            break
    played = json.loads(page.evaluate("document.getElementById('explore').dataset.played"))
    assert played["rms"] > 0
    until(page, "loudest > 0.01")
    assert page.evaluate("loudest") < 0.6
    assert page.locator("#sound dd").count() >= 4


def test_levels_are_matched(visit, real):
    page = visit(real)
    gains = page.evaluate(
        """async () => { const out = []; for (const v of [0.01, 0.1, 1]) {
        const s = Float32Array.from({ length: 8000 }, (_, t) => v * Math.sin(t / 5));
        const { rms } = await player.play(s, 16000);
        out.push(player.gain.gain.value * rms); } return out; }"""
    )
    assert gains == pytest.approx([gains[0]] * 3, rel=1e-3)
    loud = page.evaluate(
        """async () => { const s = new Float32Array(8000); s[4000] = 1;
        await player.play(s, 16000); return player.gain.gain.value; }"""
    )
    assert loud <= 0.5  # a click has much peak for its power
    own = page.evaluate(
        """async () => { const out = []; for (const v of [0.01, 0.1, 0.4]) {
        const s = Float32Array.from({ length: 8000 }, (_, t) => v * Math.sin(t / 5));
        await player.play(s, 16000, true); out.push(player.gain.gain.value); } return out; }"""
    )
    assert own == [own[0]] * 3  # sounds whose level is a factor keep it


def test_keys_step_along_a_factor_and_play(visit, real):
    page = visit(real)
    page.locator("#views").focus()
    for _ in range(3):
        page.keyboard.press("ArrowRight")
        page.wait_for_timeout(200)
    path = page.evaluate("state.path")
    assert len(path) == 3
    values = page.evaluate("Array.from(sets.load('small').factors.f1.values)")
    assert values[path[0]] < values[path[1]] < values[path[2]]
    assert json.loads(page.evaluate("document.getElementById('explore').dataset.played"))["sound"] == path[-1]
    page.keyboard.press("ArrowDown")
    assert page.locator("#color").input_value() == "brightness"
