"""The explorer in a real browser: clouds, camera, selection, legend, and the link to a view."""

import numpy as np
import pytest
from browsing import SHOTS, clouds, colored, picture, settled, until

pytestmark = [pytest.mark.browser, pytest.mark.network]


def test_clouds_are_drawn_and_change_colour(visit, real):
    page = visit(real)
    page.locator("#explore").scroll_into_view_if_needed()
    settled(page)
    before = [picture(view) for view in clouds(page)]
    assert len(before) == 3
    assert all(colored(image) > 500 for image in before)
    page.locator("#color").select_option("brightness")
    settled(page)
    for image, view in zip(before, clouds(page), strict=True):
        assert np.abs(picture(view).astype(int) - image).max() > 50
    page.locator("#map").select_option("diverging")
    settled(page)
    page.locator("#explore").screenshot(path=SHOTS / "explorer.png")


def test_a_selection_shows_in_all_views_and_hides_nothing(visit, real):
    page = visit(real)
    page.locator("#explore").scroll_into_view_if_needed()
    settled(page)
    before = [colored(picture(view)) for view in clouds(page)]
    page.locator("#select").click()
    page.locator("#views").scroll_into_view_if_needed()
    box = page.locator(".holder").nth(1).bounding_box()
    page.mouse.move(box["x"] + 5, box["y"] + 5)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] - 5)
    page.mouse.up()
    settled(page)
    picked = page.evaluate("state.picked && state.picked.size")
    assert 0 < picked < 40
    for k in range(3):
        grey, on = page.evaluate(f"state.views[{k}].div.data.slice(0, 2).map((t) => t.x.length)")
        assert (grey, on) == (40 - picked, picked)
    assert all(colored(picture(view)) < n for view, n in zip(clouds(page), before, strict=True))
    page.locator("#explore").screenshot(path=SHOTS / "selection.png")
    page.locator("#clear").click()
    values = page.evaluate("Array.from(sets.load('small').factors.f1.values)")
    page.locator("#high").fill(str(np.median(values)))
    page.locator("#high").press("Enter")
    settled(page)
    assert page.evaluate("state.views[2].div.data[1].x.length") == sum(v <= np.median(values) for v in values)


def test_no_cloud_is_seen_end_on_at_first(visit, real):
    page = visit(real)
    page.evaluate(
        """() => { // a strand that points at the camera
            const { eye } = state.camera, { cloud } = state.views[0];
            const far = Math.hypot(eye.x, eye.y, eye.z);
            cloud.x.forEach((_, i) => {
                const along = 2 * i / cloud.x.length - 1;
                [cloud.x[i], cloud.y[i], cloud.z[i]] = [eye.x, eye.y, eye.z].map((v) => along * v / far);
            });
            document.getElementById('by').dispatchEvent(new Event('change'));
        }"""
    )
    settled(page)
    spread = """state.views.map(({ div, cloud }) => {
        const place = (i) => ["x", "y", "z"].map((axis) => cloud[axis][i]);
        const seen = [...cloud.x.keys()].map((i) => camera.project(div, place(i)));
        const sides = [0, 1].map((k) => seen.map((p) => p[k]));
        return Math.hypot(...sides.map((side) => Math.max(...side) - Math.min(...side)));
    })"""
    end_on = page.evaluate(spread)[0]
    page.locator("#front").click()  # as at first: the best camera for these clouds
    settled(page)
    assert min(page.evaluate(spread)) > max(3 * end_on, 60)  # pixels


def test_one_camera_turns_all_views(visit, real):
    page = visit(real)
    page.locator("#views").scroll_into_view_if_needed()
    before = page.evaluate("Object.values(state.camera.eye)")
    box = page.locator(".holder").first.bounding_box()
    page.mouse.move(box["x"] + 150, box["y"] + 150)
    page.mouse.down()
    page.mouse.move(box["x"] + 220, box["y"] + 170, steps=4)
    page.mouse.up()
    settled(page)
    eyes = page.evaluate("state.views.map(({ div }) => Object.values(div._fullLayout.scene.camera.eye))")
    assert not np.allclose(eyes[0], before, atol=0.05)
    assert np.allclose(eyes, eyes[0], atol=1e-6)
    page.mouse.move(2, 2)  # off the clouds, where it may have come upon a point
    page.locator("#views").focus()
    settled(page)
    here = page.evaluate("state.s")
    page.keyboard.press("Control+-")  # the browser's own zoom
    page.keyboard.press("Alt+ArrowLeft")
    assert np.allclose(page.evaluate("Object.values(state.camera.eye)"), eyes[0], atol=1e-6)
    assert page.evaluate("state.s") == here


def test_views_by_factor_have_the_legend_and_the_range_of_the_chosen_factor(visit, real):
    page = visit(real)
    page.locator("#by").select_option("factor")
    settled(page)
    page.locator("#color").select_option("odd_even")
    settled(page)
    assert "odd_even" in page.locator("#legend").text_content()
    assert page.locator("#views figcaption", has_text="by f1:").inner_text().endswith("Hz")
    page.locator("#legend").scroll_into_view_if_needed()
    drag = page.locator("#legend .nsewdrag").first.bounding_box()
    page.mouse.move(drag["x"] + 1, drag["y"] + 20)
    page.mouse.down()
    page.mouse.move(drag["x"] + drag["width"] / 2, drag["y"] + 20, steps=4)
    page.mouse.up()
    settled(page)
    values = np.array(page.evaluate("Array.from(sets.load('small').factors.odd_even.values)"))
    chosen = page.evaluate("state.range")
    assert chosen["f"] == "odd_even"
    inside = (chosen["low"] <= values) & (values <= chosen["high"])
    assert 0 < inside.sum() < len(values)
    assert page.evaluate("state.views.map((v) => v.div.data[1].x.length)") == [inside.sum()] * 3


def test_choices_in_quick_succession_leave_the_last_one(visit, real):
    page = visit(real)
    page.evaluate(
        """() => { // before any of them can be drawn
            const set = (id, value) => {
                document.getElementById(id).value = value;
                document.getElementById(id).dispatchEvent(new Event("change"));
            };
            for (const name of ["mfcc", "scattering"])
                document.querySelector(`#models [value=${name}]`).click();
            set("dataset", "small_grid");
            set("color", "component");
            set("dataset", "small");
            set("color", "odd_even");
        }"""
    )
    until(page, "state.views.length === 5 && state.views.every((view) => view.drawn)")
    assert page.evaluate("state.views.map((v) => v.model)") == page.evaluate("state.m")
    assert set(page.evaluate("state.views.map((v) => v.factor)")) == {"odd_even"}
    assert page.evaluate("state.views.map((v) => v.div._ev._events.plotly_click.length ?? 1)") == [1] * 5
    page.locator("#models-box summary").click()
    page.locator("#models input[value=chance]").focus()
    page.keyboard.press("Space")  # the sixth
    assert page.evaluate("document.activeElement.value") == "chance"
    assert page.locator("#models input:disabled").count() == 2
    assert len(page.evaluate("state.m")) == 6


def test_a_link_restores_the_view(visit, real):
    page = visit(real)
    page.locator("#color").select_option("odd_even")
    page.locator("#models-box summary").click()
    page.locator("#models input[value=mfcc]").check()
    page.locator("#models input[value=crepe]").uncheck()
    page.locator("#closer").click()
    page.locator("#low").fill("3")
    page.locator("#low").press("Enter")
    page.locator("#bridges").uncheck()
    page.locator("#views").focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_timeout(600)
    state = """(({ d, m, f, s, range, bridges, camera }) => [d, m, f, s, range.low, bridges,
        camera.eye.x.toFixed(2)])(state)"""
    link, before = page.evaluate("location.hash"), page.evaluate(state)
    assert link.startswith("#explore?")
    sent = visit(real, link)
    assert sent.evaluate(state) == before
    assert not sent.locator("#bridges").is_checked()
    assert abs(sent.locator("#explore").bounding_box()["y"]) < 5  # the reader is led to it
    sent = visit(real, "#explore?f=component")
    assert sent.locator("#pieces").is_visible()
    models = [
        "logmel",
        "logmel",
        "nobody",
        "crepe",
        "crepe_untrained",
        "basic_pitch",
        "scattering",
        "mfcc",
        "chance",
    ]
    sent = visit(
        real, f"#explore?m={','.join(models)}"
    )  # as many as go at once, each once, of those that there are
    assert sent.evaluate("state.views.map((v) => v.model)") == [models[0], *models[3:8]]
