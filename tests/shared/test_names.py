"""Names of the config stand once: the code that acts on them and the schema have the same."""

import pytest
import yaml
from conftest import ROOT
from shared import names, scales
from synthesize import designs, levels

SCHEMA = ROOT / "workflow_scripts" / "planning" / "config.schema.yaml"


@pytest.fixture(scope="module")
def entry():
    """The properties of a data set's entry in the schema of the config."""
    return yaml.safe_load(SCHEMA.read_text())["$defs"]["dataset"]["properties"]


def test_scales(entry):
    assert set(scales.CONVERSIONS) == set(names.SCALES)
    factor = yaml.safe_load(SCHEMA.read_text())["$defs"]["factor"]
    assert factor["properties"]["scale"]["enum"] == list(names.SCALES)


def test_designs(entry):
    assert set(designs.CUBES) == set(names.SAMPLED_DESIGNS)
    assert entry["design"]["enum"] == list(names.DESIGNS)


def test_metrics():
    stated = yaml.safe_load(SCHEMA.read_text())["$defs"]["analyses"]["properties"]
    assert stated["metric"]["enum"] == list(names.METRICS)


def test_poolings():
    definitions = yaml.safe_load(SCHEMA.read_text())["$defs"]
    assert definitions["pooling"]["enum"] == list(names.POOLINGS)
    assert set(names.STATED) <= set(definitions["model"]["properties"])


def test_rows_of_a_model():
    """A model's own row is of its first pooling."""
    assert names.part_names(["mean", "max"], 2) == ["max", "0", "1"]
    assert names.part_names([], 1) == ["0"]
    assert names.part_of(names.part_name("crepe", "max")) == "max"


def test_normalizations(entry):
    assert set(levels.MEASURES) == set(names.NORMALIZATIONS)
    assert entry["normalize"]["enum"] == list(names.NORMALIZATIONS)
