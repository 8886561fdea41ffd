"""Laws of the house: which folder may import what, and how long a file or a function may be."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT
from planning.environments import scripts

SCRIPTS = ROOT / "workflow_scripts"
ROOMS = sorted(path.name for path in SCRIPTS.iterdir() if path.is_dir() and path.name != "__pycache__")
STAGES = ["environments", "synthesize", "embed", "heads", "analyse", "compare", "report"]
LISTED = subprocess.run(
    ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
    cwd=ROOT,
    check=True,
    capture_output=True,
    text=True,
).stdout.splitlines()
CODE = [name for name in LISTED if name.endswith((".py", ".smk", ".js", ".j2")) and (ROOT / name).exists()]
PYTHON_FILES = [name for name in CODE if name.endswith(".py")]
# What Snakemake's own Python reads besides planning/ and driver/: it has no NumPy.
PLAIN = ("arguments", "checkpoints", "declared", "experiments", "files", "listed_files", "local_packages")
PLAIN = (*PLAIN, "jnds", "leaderboards", "logs", "names", "rating_files", "sentences", "table_text", "tables")
PLAIN = (*PLAIN, "weights")
PLAIN = [f"shared/{name}.py" for name in PLAIN]


def imported(path, inside_functions=True):
    """Top-level names of the modules that a Python file imports, as (name, full name)."""
    tree = ast.parse(path.read_text())
    nodes = ast.walk(tree) if inside_functions else tree.body
    names = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return {(name.split(".")[0], name) for name in names}


def files(room):
    return sorted((SCRIPTS / room).rglob("*.py"))


def outside(path, allowed, **how):
    """Top-level names that a file imports although they are neither the standard library nor allowed."""
    return {top for top, _ in imported(path, **how)} - sys.stdlib_module_names - {*allowed}


def test_every_room_says_what_it_is_in_one_sentence():
    for room in ROOMS:
        text = ast.get_docstring(ast.parse((SCRIPTS / room / "__init__.py").read_text()))
        assert text, room
        assert text.endswith("."), room
        assert "\n" not in text, room


def test_the_six_stages_have_the_same_names_everywhere():
    rules = {path.stem for path in (ROOT / "rules").glob("*.smk")} - {"common"}
    tests = {path.name for path in (ROOT / "tests").iterdir() if path.is_dir()}
    assert rules == set(STAGES)
    assert set(STAGES) <= set(ROOMS)
    assert set(STAGES) <= tests


@pytest.mark.parametrize("path", files("planning"), ids=lambda path: path.name)
def test_the_plan_needs_nothing_but_snakemake(path):
    allowed = {
        "planning",
        "shared",
        "snakemake",
        "yaml",
        "jsonschema",
        "packaging",
    }  # Snakemake requires these
    assert outside(path, allowed) == set()
    shared = {f"{name.replace('.', '/')}.py" for top, name in imported(path) if top == "shared"}
    assert {name for name in shared if (SCRIPTS / name).exists()} <= set(PLAIN)


@pytest.mark.parametrize("name", PLAIN)
def test_what_the_plan_shares_is_standard_library(name):
    assert outside(SCRIPTS / name, {"shared"}) == set()


@pytest.mark.parametrize("path", files("embed"), ids=lambda path: path.name)
def test_embed_imports_only_what_every_model_has(path):
    """gather, adopt and control run in the environment `analysis`, as all that follows."""
    later = {"pandas"} if path.stem in ("gather", "adopt", "control") else set()
    allowed = {"numpy", "soundfile", "embed", "shared"} | later
    assert outside(path, allowed, inside_functions=False) == set()
    assert outside(path, allowed | {"torch", "tensorflow"}) == set()


def test_what_embed_shares_needs_no_more():
    shared = [Path(path) for path in scripts("embed.embed") if Path(path).parent.name == "shared"]
    assert shared
    for path in shared:
        assert outside(path, {"numpy", "soundfile", "shared"}) == set(), path


def test_no_framework_after_embed():
    trainers = set((SCRIPTS / "synthesize").glob("train_*.py"))
    for room in ("synthesize", "synthesizers", "analyse", "compare", "report", "shared"):
        for path in set(files(room)) - trainers:
            assert not {"torch", "tensorflow", "keras", "jax"} & {top for top, _ in imported(path)}, path


def test_the_data_flows_one_way():
    """A room imports nothing of a later stage. Synthesizers know only each other and what is shared."""
    for number, room in enumerate(STAGES):
        for path in files(room):
            assert not {top for top, _ in imported(path)} & {*STAGES[number + 1 :], "planning", "driver"}, (
                path
            )
    for room in ("shared", "synthesizers"):
        for path in files(room):
            allowed = {room, "shared"}
            assert not {top for top, _ in imported(path)} & {*ROOMS} - allowed, path


def test_no_circle_of_imports():
    modules = {
        ".".join(path.relative_to(SCRIPTS).with_suffix("").parts): path
        for room in ROOMS
        for path in files(room)
    }
    needs = {name: {full for _, full in imported(path)} & {*modules} for name, path in modules.items()}
    while ready := [name for name, others in needs.items() if not others & {*needs}]:
        needs = {name: others for name, others in needs.items() if name not in ready}
    assert needs == {}


def test_no_file_of_code_is_longer_than_one_can_read():
    lengths = {name: len((ROOT / name).read_text().splitlines()) for name in CODE}
    assert {name: length for name, length in lengths.items() if length > 300} == {}
    assert lengths["rules/common.smk"] <= 260


def test_test_files_have_names_of_their_own():
    """Pytest imports them by their last name alone."""
    names = [Path(name).name for name in PYTHON_FILES if name.startswith("tests/")]
    assert [name for name in set(names) if names.count(name) > 1] == []


def test_no_function_is_longer_than_a_screen():
    long = {}
    for name in PYTHON_FILES:
        for node in ast.walk(ast.parse((ROOT / name).read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = node.end_lineno - node.lineno + 1
                if length > 60:
                    long[f"{name}: {node.name}"] = length
    assert long == {}


def test_no_line_of_the_page_is_wider_than_a_screen():
    wide = {}
    for name in CODE:
        if name.endswith((".j2", ".js")):
            width = max(map(len, (ROOT / name).read_text().splitlines()), default=0)
            if width > 120:
                wide[name] = width
    assert wide == {}


def test_every_script_is_called_in_one_way():
    """No rule, Makefile or test calls a script by its path."""
    for name in [*LISTED]:
        path = ROOT / name
        if path.suffix in (".smk", ".py", ".md", ".sh", ".yaml") or path.name in ("Makefile", "run"):
            text = path.read_text() if path.exists() else ""
            calls = re.findall(r"python[\w.]* +workflow_scripts/\w+(?:/\w+)*\.py", text)
            assert calls == [], name


def test_no_parameter_of_a_rule_names_a_place_of_this_machine():
    """Snakemake makes a job again whose parameters change: all of them, if the clone was moved."""
    for path in (ROOT / "rules").glob("*.smk"):
        for block in re.findall(r"^ +params:\n((?: {8}.*\n)+)", path.read_text(), re.MULTILINE):
            assert not re.search(r"sys\.|absolute|resolve\(|cwd|basedir", block), (path.name, block)
