"""What can be saved from the page in a real browser: tables, texts and pictures."""

import csv
import io

import pandas
import pytest
import yaml
from browsing import saved
from PIL import Image

pytestmark = [pytest.mark.browser, pytest.mark.network]


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
