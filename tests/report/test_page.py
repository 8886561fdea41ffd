"""The report in a real browser: drawn, coloured, heard, linked, read by keyboard, printed, and safe.

Chromium opens the real report of the small run, and a page made of its results in which a model, a message
and labels are hostile. Pictures of both are kept in logs/page, to be looked at.
"""

import csv
import io
import json
import re
import shutil
import time

import numpy as np
import pandas
import pytest
import yaml
from conftest import ROOT, definition
from PIL import Image
from report import explore, report

pytestmark = [pytest.mark.browser, pytest.mark.network]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
SHOTS = ROOT / "logs" / "page"
SCRIPT = "<script>alert(1)</script>"
IMAGE = "<img src=x onerror=alert(2)>"
SOFTWARE_GL = ["--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]


@pytest.fixture(scope="session")
def browser():
    if not CHROMIUM:
        pytest.skip("not installed: chromium (apt install chromium)")
    from playwright.sync_api import sync_playwright

    SHOTS.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=CHROMIUM, args=SOFTWARE_GL)
        yield chromium
        chromium.close()


@pytest.fixture
def visit(browser):
    """Opens a page, waits until it is drawn, and in the end checks that it was silent: no request but for the
    file itself, no error, no dialog."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, accept_downloads=True)
    noise = []

    def go(path, fragment="", **size):
        page = context.new_page()
        if size:
            page.set_viewport_size(size)
        page.on("console", lambda m: noise.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: noise.append(str(error)))
        page.on("dialog", lambda dialog: noise.append(f"dialog: {dialog.message}") or dialog.dismiss())
        page.on("request", lambda r: noise.append(r.url) if is_foreign(r.url, path) else None)
        page.goto(f"file://{path}{fragment}")
        until(page, "document.getElementById('explore').dataset.drawn")
        return page

    go.noise = noise
    yield go
    context.close()
    assert noise == []


def until(page, told, seconds=60):
    """Waits for an expression to hold, asking from outside: the page's policy lets nothing in it
    evaluate text."""
    end = time.monotonic() + seconds
    while not page.evaluate(told):
        assert time.monotonic() < end, f"not within {seconds} s: {told}"
        page.wait_for_timeout(50)


def is_foreign(url, path):
    return not url.startswith(("data:", "blob:")) and url.split("#")[0] != f"file://{path}"


@pytest.fixture(scope="session")
def real(finished):
    return finished / "results" / "report.html"


@pytest.fixture(scope="session")
def hostile(finished, tmp_path_factory):
    """The page of the small data set, in which a model that failed is called a script, one with a cloud an
    image with a handler, a factor's unit and a message are markup, and mfcc has two layers."""
    results = tmp_path_factory.mktemp("hostile") / "results"
    folder = results / "small"
    shutil.copytree(finished / "results" / "small", folder)
    renamed = {"scattering": IMAGE}
    for path in sorted(folder.rglob("scattering.*")):
        path.rename(path.with_name(path.name.replace("scattering", IMAGE)))
    for name in ("scores", "differences"):
        table = pandas.read_csv(folder / f"{name}.csv", dtype=str, keep_default_na=False).replace(renamed)
        if name == "scores":
            layers = [
                table[table.model == model].assign(model=f"mfcc.{i}")
                for i, model in enumerate(("logmel", "crepe"))
            ]
            failed = dict.fromkeys(table.columns, "")
            failed |= {"model": SCRIPT, "analysis": "embed", "metric": "failure", "note": f"{IMAGE} & more"}
            table = pandas.concat([table, *layers, pandas.DataFrame([failed])])
        table.to_csv(folder / f"{name}.csv", index=False)
    models = ["logmel", "crepe", "mfcc", IMAGE]
    (results / "run_config.yaml").write_text(yaml.safe_dump({"models": {SCRIPT: {"module": IMAGE}}}))
    entry = definition("additive", sample_rate=22050, duration=0.25, options={}, version=1, resample=True)
    entry["factors"]["f1"] = entry["factors"]["f1"] | {"unit": SCRIPT}
    renderer = str(ROOT / "workflow_scripts" / "synthesizers" / "additive.js")
    (folder / "explore").mkdir(exist_ok=True)
    explore.main(
        [
            *("--results", str(folder), "--definition", json.dumps(entry), "--renderer", renderer),
            *("--models", *models, "chance", "reference", "--megabytes", "5"),
            *("--clips", f"{folder}/explore/clips.bin", "--output", f"{folder}/explore/clouds.json"),
        ]
    )
    report.main(
        [
            *("--results", str(results), "--datasets", json.dumps({"small": entry})),
            *("--rows", *models[:-1], "mfcc.0", "mfcc.1", IMAGE, SCRIPT),
            *("--config", f"{results}/run_config.yaml", "--renderers", renderer),
            *("--clone", str(ROOT), "--output", f"{results}/report.html"),
        ]
    )
    return results / "report.html"


def picture(locator):
    """What a part of a page looks like, uint8 (height, width, 3)."""
    return np.asarray(Image.open(io.BytesIO(locator.screenshot())).convert("RGB"))


def colored(image):
    """How many pixels of a picture have a colour, rather than a grey."""
    return int((np.ptp(image.astype(int), axis=2) > 40).sum())


def clouds(page):
    return [page.locator(".holder").nth(i) for i in range(page.locator(".holder").count())]


def settled(page):
    until(
        page, "explorer.views.length && explorer.views.every((v) => v.div._fullLayout?.scene?._scene?.glplot)"
    )
    page.wait_for_timeout(300)  # WebGL draws in the next frames


def point(page, view, sound):
    """Where a sound is drawn in a view, pixels from its corner."""
    return page.evaluate(
        """([k, i]) => { const { div, cloud } = explorer.views[k];
        return explorer.project(div, ['x', 'y', 'z'].map((axis) => cloud[axis][i])); }""",
        [view, sound],
    )


def saved(page, button):
    with page.expect_download() as found:
        button.click()
    return found.value.suggested_filename, found.value.path().read_bytes()


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
    depth = page.evaluate("[...Array(explorer.load(explorer.state.d).n).keys()]")
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
    picked = page.evaluate("explorer.state.picked && explorer.state.picked.size")
    assert 0 < picked < 40
    for k in range(3):
        grey, on = page.evaluate(f"explorer.views[{k}].div.data.slice(0, 2).map((t) => t.x.length)")
        assert (grey, on) == (40 - picked, picked)
    assert all(colored(picture(view)) < n for view, n in zip(clouds(page), before, strict=True))
    page.locator("#explore").screenshot(path=SHOTS / "selection.png")
    page.locator("#clear").click()
    values = page.evaluate("Array.from(explorer.load('small').factors.f1.values)")
    page.locator("#high").fill(str(np.median(values)))
    page.locator("#high").press("Enter")
    settled(page)
    assert page.evaluate("explorer.views[2].div.data[1].x.length") == sum(
        v <= np.median(values) for v in values
    )


def test_no_cloud_is_seen_end_on_at_first(visit, real):
    page = visit(real)
    page.evaluate(
        """() => { // a strand that points at the camera
            const { eye } = explorer.state.camera, { cloud } = explorer.views[0];
            const far = Math.hypot(eye.x, eye.y, eye.z);
            cloud.x.forEach((_, i) => {
                const along = 2 * i / cloud.x.length - 1;
                [cloud.x[i], cloud.y[i], cloud.z[i]] = [eye.x, eye.y, eye.z].map((v) => along * v / far);
            });
            document.getElementById('by').dispatchEvent(new Event('change'));
        }"""
    )
    settled(page)
    spread = """explorer.views.map(({ div, cloud }) => {
        const place = (i) => ["x", "y", "z"].map((axis) => cloud[axis][i]);
        const seen = [...cloud.x.keys()].map((i) => explorer.project(div, place(i)));
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
    before = page.evaluate("Object.values(explorer.state.camera.eye)")
    box = page.locator(".holder").first.bounding_box()
    page.mouse.move(box["x"] + 150, box["y"] + 150)
    page.mouse.down()
    page.mouse.move(box["x"] + 220, box["y"] + 170, steps=4)
    page.mouse.up()
    settled(page)
    eyes = page.evaluate("explorer.views.map(({ div }) => Object.values(div._fullLayout.scene.camera.eye))")
    assert not np.allclose(eyes[0], before, atol=0.05)
    assert np.allclose(eyes, eyes[0], atol=1e-6)
    page.mouse.move(2, 2)  # off the clouds, where it may have come upon a point
    page.locator("#views").focus()
    settled(page)
    here = page.evaluate("explorer.state.s")
    page.keyboard.press("Control+-")  # the browser's own zoom
    page.keyboard.press("Alt+ArrowLeft")
    assert np.allclose(page.evaluate("Object.values(explorer.state.camera.eye)"), eyes[0], atol=1e-6)
    assert page.evaluate("explorer.state.s") == here


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
    values = np.array(page.evaluate("Array.from(explorer.load('small').factors.odd_even.values)"))
    chosen = page.evaluate("explorer.state.range")
    assert chosen["f"] == "odd_even"
    inside = (chosen["low"] <= values) & (values <= chosen["high"])
    assert 0 < inside.sum() < len(values)
    assert page.evaluate("explorer.views.map((v) => v.div.data[1].x.length)") == [inside.sum()] * 3


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
    until(page, "explorer.views.length === 5 && explorer.views.every((view) => view.drawn)")
    assert page.evaluate("explorer.views.map((v) => v.model)") == page.evaluate("explorer.state.m")
    assert set(page.evaluate("explorer.views.map((v) => v.factor)")) == {"odd_even"}
    assert page.evaluate("explorer.views.map((v) => v.div._ev._events.plotly_click.length ?? 1)") == [1] * 5
    page.locator("#models-box summary").click()
    page.locator("#models input[value=chance]").focus()
    page.keyboard.press("Space")  # the sixth
    assert page.evaluate("document.activeElement.value") == "chance"
    assert page.locator("#models input:disabled").count() == 2
    assert len(page.evaluate("explorer.state.m")) == 6


def test_keys_step_along_a_factor_and_play(visit, real):
    page = visit(real)
    page.locator("#views").focus()
    for _ in range(3):
        page.keyboard.press("ArrowRight")
        page.wait_for_timeout(200)
    path = page.evaluate("explorer.path")
    assert len(path) == 3
    values = page.evaluate("Array.from(explorer.load('small').factors.f1.values)")
    assert values[path[0]] < values[path[1]] < values[path[2]]
    assert json.loads(page.evaluate("document.getElementById('explore').dataset.played"))["sound"] == path[-1]
    page.keyboard.press("ArrowDown")
    assert page.locator("#color").input_value() == "brightness"


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
        camera.eye.x.toFixed(2)])(explorer.state)"""
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
    assert sent.evaluate("explorer.views.map((v) => v.model)") == [models[0], *models[3:8]]


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
    until(page, "explorer.views.length === 3 && explorer.state.by === 'factor'")
    assert page.evaluate("explorer.views.map((v) => v.factor)") == ["f1", "brightness", "odd_even"]


def test_layers_are_drawn_against_depth(visit, hostile):
    page = visit(hostile, "#model-mfcc")
    card = page.locator("[id='model-mfcc']")
    card.locator("h4", has_text="Layers by depth").first.wait_for()
    plotted = page.evaluate(
        """[...document.querySelectorAll('.plot')].map((p) => p.data[0])
        .find((t) => t.type === 'scatter').x"""
    )
    assert plotted == [0, 1, 2.7]


def test_everything_can_be_taken_away(visit, real):
    page = visit(real)
    name, content = saved(page, page.locator("button[data-name=small_overview]"))
    assert name == "small_overview.csv"
    rows = list(csv.DictReader(io.StringIO(content.decode())))
    scores = pandas.read_csv(real.parent / "small" / "scores.csv", keep_default_na=False)
    for model, factor in (("mfcc", "f1"), ("crepe", "odd_even")):
        of = scores[(scores.model == model) & (scores.factor == factor) & (scores.metric == "probe_r2")].iloc[
            0
        ]
        row = next(
            r for r in rows if (r["model"], r["column"], r["score"]) == (model, factor, "subspaces.probe_r2")
        )
        assert float(row["value"]) == pytest.approx(float(of.value), rel=1e-3)
        assert float(row["chance"]) == pytest.approx(float(of.chance), rel=1e-3)
        chance, reference = float(of.chance), float(of.reference)
        rescaled = (float(of.value) - chance) / (reference - chance)
        assert float(row["rescaled"]) == pytest.approx(rescaled, rel=1e-3, abs=1e-3)
    assert b"@inproceedings" in saved(page, page.locator("button", has_text="BibTeX"))[1]
    assert (
        yaml.safe_load(saved(page, page.locator("button", has_text="Config"))[1])["run"]["models"][0]
        == "logmel"
    )
    shot = saved(page, page.locator("#figure-small-isomap button", has_text="PNG"))[1]
    assert shot == (real.parent / "small" / "figures" / "isomap.png").read_bytes()
    name, content = saved(page, page.locator("#picture"))
    assert Image.open(io.BytesIO(content)).size == (1000, 1000)


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


def test_a_model_without_a_cloud_is_named_with_the_reason(visit, hostile):
    page = visit(hostile)
    absent = page.locator("#explore p", has_text="Without a cloud")
    assert f"{SCRIPT} (failed at embed: {IMAGE} & more)" in absent.inner_text()
    page.locator("#encodes-small a", has_text=SCRIPT).click()
    assert page.locator("details.card", has_text=SCRIPT).first.locator("[data-act=factors]").count() == 0


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
    found = Axe().run(page, options=rules)
    assert found.violations_count == 0, found.generate_report()


def test_it_prints(visit, real):
    page = visit(real)
    page.emulate_media(media="print")
    assert not page.locator("#explore").is_visible()
    assert page.locator("#encodes-small").is_visible()
    pdf = page.pdf(path=SHOTS / "print.pdf", format="A4", landscape=True, print_background=True)
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) < 30 * 3  # data sets
    page.set_viewport_size({"width": 1100, "height": 900})
    page.screenshot(path=SHOTS / "print.png")
