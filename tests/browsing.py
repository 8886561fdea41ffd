"""The report in a real browser: fixtures and helpers of its tests, a plugin of pytest.

Chromium opens the real report of the small run, and a page made of its results in which a model, a message
and labels are hostile. Pictures of both are kept in logs/page, to be looked at.
"""

import io
import json
import shutil
import time

import numpy as np
import pandas
import pytest
import yaml
from conftest import ROOT, definition
from PIL import Image
from report import explore, report

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


def until(page, condition, seconds=60):
    """Waits for an expression to hold. It is asked from outside, because the page's policy lets nothing in
    it evaluate text."""
    end = time.monotonic() + seconds
    while not page.evaluate(condition):
        assert time.monotonic() < end, f"not within {seconds} s: {condition}"
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
    for path in sorted(folder.rglob("scattering.*")):
        path.rename(path.with_name(path.name.replace("scattering", IMAGE)))
    layers = {"mfcc.0": "logmel", "mfcc.1": "crepe"}  # whose scores they have
    for layer in layers:
        shutil.copy(folder / "embeddings" / "mfcc.json", folder / "embeddings" / f"{layer}.json")
    for name in ("scores", "differences"):
        table = pandas.read_csv(folder / f"{name}.csv", dtype=str, keep_default_na=False)
        table = table.replace({"scattering": IMAGE})
        if name == "scores":
            of_layers = [table[table.model == model].assign(model=layer) for layer, model in layers.items()]
            failed = dict.fromkeys(table.columns, "") | {"model": SCRIPT, "analysis": "embed"}
            failed |= {"metric": "failure", "state": "failed", "note": f"{IMAGE} & more"}
            table = pandas.concat([table, *of_layers, pandas.DataFrame([failed])])
        table.to_csv(folder / f"{name}.csv", index=False)
    models = ["logmel", "crepe", "mfcc", IMAGE]
    (results / "run_config.yaml").write_text(yaml.safe_dump({"models": {SCRIPT: {"module": IMAGE}}}))
    entry = definition("additive", sample_rate=22050, duration=0.25, options={}, version=1, resample=True)
    entry["factors"]["f1"] = entry["factors"]["f1"] | {"unit": SCRIPT}
    renderer = str(ROOT / "workflow_scripts" / "synthesizers" / "additive.js")
    explore.main(
        [
            *("--results", str(folder), "--definition", json.dumps(entry), "--renderer", renderer),
            *("--models", *models, "chance", "reference", "--megabytes", "5"),
            *("--clips", f"{folder}/explore/clips.bin", "--output", f"{folder}/explore/clouds.json"),
        ]
    )
    figures = [path.stem for path in folder.glob("figures/*.png")]
    report.main(
        [
            *("--results", str(results), "--datasets", json.dumps({"small": entry})),
            *("--figures", json.dumps({"small": figures})),
            *("--rows", *models[:-1], *layers, IMAGE, SCRIPT),
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
    until(page, "state.views.length && state.views.every((v) => v.div._fullLayout?.scene?._scene?.glplot)")
    page.wait_for_timeout(300)  # WebGL draws in the next frames


def point(page, view, sound):
    """Where a sound is drawn in a view, pixels from its corner."""
    return page.evaluate(
        """([k, i]) => { const { div, cloud } = state.views[k];
        return camera.project(div, ['x', 'y', 'z'].map((axis) => cloud[axis][i])); }""",
        [view, sound],
    )


def saved(page, button):
    """Name and bytes of the file that a button saves."""
    with page.expect_download() as download:
        button.click()
    return download.value.suggested_filename, download.value.path().read_bytes()
