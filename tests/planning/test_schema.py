"""The schema is the manual of the config: it is described, true, rendered, and found by editors."""

import re
import subprocess

import jsonschema
import pytest
import yaml
from conftest import PYTHON, ROOT, definition, rendered
from helpers import merged
from planning.manual import COMMAND, manual
from planning.schema import defaults, schema, schema_faults
from shared.declared import declared

CONFIG = ROOT / "config.yaml"
MANUAL = ROOT / "docs" / "config.md"
EXAMPLES = re.findall(r"^```yaml\n(.*?)^```$", manual(), re.DOTALL | re.MULTILINE)
OTHERS = [ROOT / "tests" / "small.yaml", *sorted((ROOT / "experiments").glob("*.yaml"))]


def keys(node, where=""):
    """Every key that the schema defines below a node: (where, its schema)."""
    for key, stated in node.get("properties", {}).items():
        if isinstance(stated, dict):
            yield f"{where}.{key}", stated
            yield from keys(stated, f"{where}.{key}")
    for name, part in node.get("$defs", {}).items():
        yield from keys(part, name)


KEYS = dict(keys(schema()))


def test_the_manual_is_what_the_schema_renders():
    assert MANUAL.read_text() == manual(), f"docs/config.md is not up to date; run: {COMMAND}"


def test_the_command_that_the_manual_names_writes_it(tmp_path):
    words = COMMAND.replace("docs/config.md", str(tmp_path / "config.md")).split()
    subprocess.run([PYTHON, *words[1:]], cwd=ROOT, check=True)
    assert (tmp_path / "config.md").read_text() == manual()


def test_every_key_is_described_in_sentences():
    assert [key for key, stated in KEYS.items() if not stated.get("description", "").endswith(".")] == []


def test_every_default_is_valid():
    with_default = {key: stated for key, stated in KEYS.items() if "default" in stated}
    for key, stated in with_default.items():
        validator = jsonschema.Draft202012Validator(stated | {"$defs": schema()["$defs"]})
        assert validator.is_valid(stated["default"]), key
    assert len(with_default) > 20


def test_every_key_stands_in_the_manual():
    rows = set(re.findall(r"^\| `(?:\w+\.)*(\w+)` \|", manual(), re.MULTILINE))
    assert {key.rpartition(".")[2] for key in KEYS} == rows


def test_the_defaults_are_those_of_config_yaml_where_it_states_all():
    config = yaml.safe_load(CONFIG.read_text())
    stated = defaults("analyses")
    for name in ("isomap", "knn"):
        of_one = schema()["$defs"]["analyses"]["properties"][name]["properties"]
        stated[name] = {key: said["default"] for key, said in of_one.items()}
    assert stated == config["analyses"]
    assert defaults("run") == {"shard_size": config["run"]["shard_size"]}


def test_changing_what_defaults_gives_leaves_the_schema_as_it_is():
    defaults("dataset")["options"]["max_frequency"] = 1
    assert defaults("dataset")["options"] == {}


def test_the_level_that_the_schema_names_is_the_one_that_sounds_get():
    described = schema()["$defs"]["dataset"]["properties"]["level"]["description"]
    (level,) = re.findall(r"It is (-\d+) dB if none", described)
    bare = definition("additive", N=2)
    assert (rendered(bare)[1] == rendered(bare | {"level": int(level)})[1]).all()


def test_the_nuisances_of_every_synthesizer_are_described_with_their_ranges():
    described = schema()["$defs"]["nuisance"]["description"]
    table = declared(ROOT / "workflow_scripts" / "synthesize" / "nuisances.py", "NUISANCES")
    for name, nuisance in table.items():
        after = described.split(f"`{name}`")[1].split(")")[0]
        assert f"{nuisance['low']} to {nuisance['high']} {nuisance['unit']}" in after


def test_the_first_line_of_config_yaml_leads_editors_to_a_valid_schema():
    (path,) = re.findall(r"^# yaml-language-server: \$schema=(\S+)\n", CONFIG.read_text())
    found = yaml.safe_load((CONFIG.parent / path).read_text())
    assert CONFIG.read_text().startswith("# yaml-language-server")
    jsonschema.Draft202012Validator.check_schema(found)
    assert jsonschema.Draft202012Validator(found).is_valid(yaml.safe_load(CONFIG.read_text()))


@pytest.mark.parametrize("path", OTHERS, ids=lambda path: path.name)
def test_the_configs_of_the_clone_are_valid(path):
    assert not list(schema_faults(merged(yaml.safe_load(path.read_text()))))


@pytest.mark.parametrize("text", EXAMPLES)
def test_the_examples_of_the_manual_are_valid(text):
    assert not list(schema_faults(merged(yaml.safe_load(text))))


def test_an_entry_that_is_removed_is_no_fault():
    assert not list(schema_faults(merged({"models": {"logmel": None}, "datasets": {"ladder": None}})))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("run: {shard_size: 5.0}", "run.shard_size: 5.0 is not of type 'integer'"),
        ("datasets: {tones: {desing: grid}}", "datasets.tones: unknown key 'desing', did you mean 'design'?"),
        ("run: {models: []}", "run.models: the list is empty; name at least one"),
        (
            "models: {mfcc: {module: a b}}",
            "models.mfcc.module: must be the name of a module, such as `package.module`, or the path of a "
            "`.py` file, not 'a b'",
        ),
        (
            "datasets: {tones: {factors: {f1: {jnd: {source: x}}}}}",
            "datasets.tones.factors.f1.jnd: must be `percent` or `step`, one of the two, with its `source`",
        ),
    ],
)
def test_a_fault_is_one_sentence(text, sentence):
    assert list(schema_faults(merged(yaml.safe_load(text)))) == [sentence]
