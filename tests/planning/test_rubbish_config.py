"""Rubbish in a config ends with sentences that say where, never with another exception, and at once.

Every key that the schema's examples and config.yaml hold gets values of every wrong type and range.
"""

import copy
import functools
import math
import time

import pytest
import yaml
from conftest import ROOT
from helpers import CONFIG, checked_with, merged
from hypothesis import given, settings, strategies
from planning import datasets, models
from planning.config import checked
from planning.schema import schema
from planning.yaml_files import to_yaml
from snakemake.exceptions import WorkflowError

SECONDS = 10  # of one check, on a machine that does other things as well
RUBBISH = [
    *(None, True, False, 0, -1, 1, 3, 10**9, 2**63, 10**400, -0.5, 0.5, 1e-300, 1e308, math.nan, math.inf),
    *("", "x", "a\nb", "\"'", "{dataset}", "{{", "höhe", "../x", "/etc/passwd", "~", "x.py", "a" * 5000),
    *("\0", "\ud800", "/root/x", [], [None], ["x"], ["x", "x"], [[]], [{}], {}, {"x": None}, {"x": {}}),
    *({"x": 1}, {1: 2}, {None: None}),
]


def examples(node):
    """The parts of a config that stand in the schema as examples."""
    if isinstance(node, dict):
        if "x-example" in node:
            yield yaml.safe_load(node["x-example"])
        for part in node.values():
            yield from examples(part)


def places(node, above=()):
    """The path of every key and item at every depth of a config."""
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, part in items:
        yield (*above, key)
        yield from places(part, (*above, key))


def put(config, place, value):
    """Put a value at a place of a config."""
    for key in place[:-1]:
        config = config[key]
    config[place[-1]] = copy.deepcopy(value)


PARTS = [CONFIG, *examples(schema())]
PLACES = [(i, place) for i, part in enumerate(PARTS) for place in places(part)]


def plan(config):
    """Check a config and derive what the rules derive from it before any job."""
    config = checked(config)
    for name in datasets.made(config):
        entry = datasets.resolved(config, name)
        datasets.sounds_at_most(entry)
        datasets.shards_of(entry, config)
        datasets.workplace(entry)
        datasets.definition(entry)
        datasets.sources(entry)
        datasets.trained(config, name)
    models.rows_of_models(config)
    models.weights_to_fetch(config)
    to_yaml(config)


@functools.cache
def faults_before(part):
    """The faults that an example has by itself, such as files that a reader would have to make."""
    try:
        plan(merged(PARTS[part]))
    except WorkflowError as fault:
        return {*str(fault).splitlines()}
    return set()


def assert_planned_or_told(part, place, value):
    """A value at a place is taken by the whole plan, or told in short sentences that name the place."""
    config = merged(PARTS[part])
    put(config, place, value)
    begun = time.monotonic()
    try:
        plan(config)
    except WorkflowError as fault:
        told = str(fault)
        told.encode()
        assert all(line.startswith("config: ") or "\n" in str(value) for line in told.splitlines())
        new = {*told.splitlines()} - faults_before(part)
        assert not new or any(str(key) in told for key in place[1:] or place), told
        assert max(map(len, told.splitlines())) < 8000
    assert time.monotonic() - begun < SECONDS


@settings(derandomize=True, deadline=None, database=None, max_examples=150)
@given(place=strategies.sampled_from(PLACES), value=strategies.sampled_from(RUBBISH))
def test_listed_rubbish_at_any_key_is_taken_or_told(place, value):
    assert_planned_or_told(*place, value)


ANYTHING = strategies.recursive(
    strategies.none()
    | strategies.booleans()
    | strategies.integers()
    | strategies.floats()
    | strategies.text(),
    lambda inner: (
        strategies.lists(inner, max_size=3) | strategies.dictionaries(strategies.text(), inner, max_size=3)
    ),
    max_leaves=5,
)


@settings(derandomize=True, deadline=None, database=None, max_examples=150)
@given(place=strategies.sampled_from(PLACES), value=ANYTHING)
def test_drawn_rubbish_at_any_key_is_taken_or_told(place, value):
    assert_planned_or_told(*place, value)


@pytest.mark.parametrize("value", RUBBISH, ids=lambda value: ascii(value)[:20])
def test_rubbish_in_place_of_a_section_is_told(value):
    for place in [(0, (key,)) for key in ("run", "datasets", "models", "analyses")]:
        assert_planned_or_told(*place, value)
        config = merged({})
        put(config, place[1], value)
        with pytest.raises(WorkflowError, match=place[1][0]):
            checked(config)


NAMES = {  # names of models and data sets: what is wrong with each
    **dict.fromkeys(
        [
            *(
                "a/b",
                "..",
                ".",
                "a b",
                " a",
                "{x}",
                "'a'",
                '"',
                ".a",
                "a.supervised",
                "höhe",
                "ho\u0308he",
                "*",
            ),
            *("a?", "[a]", "a\\b", "a:b", "-a", "", "a\nb", "$HOME", "`id`", "a;b", "a|b", "<script>", "%s"),
        ],
        "may only hold letters",
    ),
    "a" * 201: "has 201 characters; use 100 or fewer",
}


@pytest.mark.parametrize("kind", ["models", "datasets"])
@pytest.mark.parametrize("name", NAMES, ids=lambda name: ascii(name)[:20])
def test_a_name_that_is_no_name_of_a_file_is_told(kind, name):
    (entry,) = [CONFIG[kind][CONFIG["run"][kind][0]]]
    with pytest.raises(WorkflowError) as fault:
        checked_with({kind: {name: entry}})
    assert NAMES[name] in str(fault.value)
    assert str(fault.value).startswith(f"config: {kind}: the name ")


@pytest.mark.parametrize("kind", ["models", "datasets"])
def test_names_that_differ_in_case_alone_are_told(kind):
    name = CONFIG["run"][kind][0]
    change = {kind: {name.upper(): CONFIG[kind][name]}, "run": {kind: [name, name.upper()]}}
    with pytest.raises(WorkflowError, match=f"run.{kind}: .* differ in upper and lower case alone"):
        checked_with(change)


@pytest.mark.parametrize("name", ["chance", "reference"])
def test_the_names_of_controls_are_taken(name):
    with pytest.raises(WorkflowError, match=f"models.{name}: this name is taken"):
        checked_with({"models": {name: CONFIG["models"]["mfcc"]}})


def of_tones(**changes):
    """A change of the data set tones alone."""
    return {"run": {"datasets": ["tones"]}, "datasets": {"tones": changes}}


RANGES = [  # a change, a part of what is said
    *[(of_tones(N=N), f"tones.N: {N} is less than the minimum of 5") for N in (0, 1, 2, -1)],
    (of_tones(N=10**9), "is balanced if N is a power of two"),
    (of_tones(N=2**30), "are more than 10,000 jobs; take fewer sounds, or raise run.shard_size"),
    (of_tones(N=10**400), "tones.N: 1000"),
    (of_tones(N=64, analyses={"knn": {"K": 64}, "isomap": {"K": 5}}), "knn asks for K = 64 neighbours"),
    (of_tones(factors={"f1": {"low": 100, "high": 100}}), "low 100 is not below high 100"),
    (of_tones(factors={"f1": {"low": 200, "high": 100}}), "low 200 is not below high 100"),
    (of_tones(factors={"f1": {"low": math.nan}}), "f1.low: nan is not of type"),
    (of_tones(factors={"f1": {"high": math.inf}}), "f1.high: inf is not of type"),
    (
        of_tones(factors={"f1": {"low": 0, "scale": "log", "jnd": {"step": 1, "source": "x"}}}),
        "a log scale needs a range above 0",
    ),
    (of_tones(factors={"f1": {"low": -5}}), "needs a range above 0"),
    (of_tones(duration=0), "0 is less than the minimum of 0.001"),
    (of_tones(duration=1e9), "is greater than the maximum of 3600"),
    (of_tones(seed=2**63), "tones.seed: 9223372036854775808 is no number that can be reckoned with"),
]


@pytest.mark.parametrize(("change", "sentence"), RANGES)
def test_a_range_without_sense_is_told(change, sentence):
    with pytest.raises(WorkflowError) as fault:
        checked_with(change)
    assert any(sentence in line for line in str(fault.value).splitlines()), str(fault.value)


@pytest.mark.parametrize("name", ["with blanks", "it's", "{x}", 'a"b', "Übung", "U\u0308bung", "a$b", "#1"])
def test_a_clone_may_lie_in_any_folder(tmp_path, monkeypatch, name):
    folder = tmp_path / name
    folder.mkdir()
    for part in ("workflow_scripts", "envs", "catalogues", "data"):
        (folder / part).symlink_to(ROOT / part)
    monkeypatch.chdir(folder)
    plan(merged({}))
