"""What a script is told of the settings of the analyses, which a data set may overrule."""

import json
import re

import pytest
from conftest import ROOT
from helpers import checked_with
from planning.analyses import arguments, kinds_of, of_kinds, read_figures, setting_of
from planning.datasets import definition, resolved
from planning.yaml_files import read_yaml
from shared.names import CONTROLS


def told(change, row="mfcc", dataset="tones"):
    """What the scripts are told of `reduce` and `metric`, by config.yaml with a change."""
    config = checked_with(change)
    return [setting_of(name, config, dataset, {}, row) for name in ("reduce", "metric")]


def test_by_default_the_scripts_are_told_nothing_of_distances():
    assert told({}) == [None, None]
    table = {"reads": [], "takes": ["standardize", "reduce", "metric", "seed"]}
    settings = dict(zip(table["takes"], (False, *told({}), 0), strict=True))
    assert arguments(table, {}, settings, {}) == "--seed 0"


def test_a_data_sets_own_distances_replace_the_general_ones():
    general = {"analyses": {"metric": "cosine", "reduce": {"pca": 64}}}
    assert told(general) == ['{"pca": 64}', "cosine"]
    for own in ({"whiten": 8}, None):
        of_tones = {"datasets": {"tones": {"analyses": {"reduce": own, "metric": "correlation"}}}}
        reduce, metric = told(general | of_tones)
        assert (json.loads(reduce) if reduce else None) == own
        assert metric == "correlation"
    assert told(general | of_tones, dataset="paper2023") == ['{"pca": 64}', "cosine"]


@pytest.mark.parametrize("control", CONTROLS)
def test_controls_keep_their_distances(control):
    assert told({"analyses": {"metric": "cosine", "reduce": {"whiten": 64}}}, control) == [None, None]


def test_a_config_of_an_earlier_version_has_the_defaults():
    config = checked_with({})
    del config["analyses"]["metric"], config["analyses"]["reduce"]
    assert [setting_of(name, config, "tones", {}, "mfcc") for name in ("reduce", "metric")] == [None, None]


def test_the_data_sets_that_the_docs_compare_hold_the_same_sounds(tmp_path):
    (text,) = re.findall(r"```yaml\n(.*?)```", (ROOT / "docs" / "measures.md").read_text(), re.DOTALL)
    (tmp_path / "distances.yaml").write_text(text)
    config = checked_with(read_yaml(tmp_path / "distances.yaml"))
    names = config["run"]["datasets"]
    assert len({definition(resolved(config, name)) for name in names}) == 1
    told = [[setting_of(key, config, name, {}, "mfcc") for key in ("reduce", "metric")] for name in names]
    assert told == [[None, None], [None, "cosine"], ['{"pca": 64}', None]]


def test_figures_of_heads_are_of_data_sets_that_have_them():
    figures = read_figures()
    for entry in ({}, {"ladder": {}}, {"ratings": {}}, {"experiment": {}}):
        plain, headed = (set(of_kinds(figures, kinds_of(entry, {"levels": any_}))) for any_ in ([], ["a"]))
        assert headed - plain == {"levels"}
    taught = of_kinds(figures, kinds_of({}, {"levels": True, "searched": True}))
    assert {"levels", "search"} <= set(taught)
