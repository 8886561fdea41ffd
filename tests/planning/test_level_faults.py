"""A factor that sets the level is not undone by what the config says of levels."""

import json

import pytest
from helpers import checked_with
from planning.datasets import checked_definition, definition, resolved
from snakemake.exceptions import WorkflowError


def run(**changes):
    return {"run": {"datasets": ["attributes"]}, "datasets": {"attributes": changes}}


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"normalize": "rms"}, "normalize: rms undoes the level that loudness sets; state none"),
        (
            {"nuisances": {"gain": None}},
            "nuisances.gain: it moves the level that loudness sets; leave one of the two out",
        ),
    ],
)
def test_what_undoes_a_level_is_refused_in_one_sentence(changes, sentence):
    with pytest.raises(WorkflowError) as fault:
        checked_with(run(**changes))
    assert str(fault.value).splitlines() == [f"config: datasets.attributes.{sentence}"]


def test_without_that_factor_levels_are_free():
    checked_with(run(normalize="rms", nuisances={"gain": None}, factors={"loudness": False}))


def test_that_a_factor_sets_the_level_decides_no_sound():
    entry = resolved(checked_with(run()), "attributes")
    assert "sets_level" in json.loads(checked_definition(entry))["factors"]["loudness"]
    assert "sets_level" not in json.loads(definition(entry))["factors"]["loudness"]
