"""Laws of the clone: which folder may import what, and how long a file, a function and a line may be."""

import ast
import subprocess
import sys
from graphlib import CycleError, TopologicalSorter
from typing import NamedTuple

import pytest
from conftest import ROOT

SCRIPTS = ROOT / "workflow_scripts"
PATHS = sorted(SCRIPTS.rglob("*.py"))
FOLDERS = sorted(path.parent for path in SCRIPTS.glob("*/*.py"))
STANDARD = {*sys.stdlib_module_names}
FRAMEWORKS = {"torch", "tensorflow"}
ROOMS = ["environments", "synthesize", "embed", "analyse", "compare", "report"]  # in the order of the data
APART = ["driver", "planning"]  # whoever is in a room runs without them
PLAIN = [
    "declared",
    "names",
    "logs",
    "files",
    "arguments",
    "weights",
]  # of shared/: Snakemake's Python has them
EXCEPTIONS = {  # file: what it may import besides, because
    "embed/control.py": {"pandas"},  # it runs in the environment `analysis`: no model is in it
}
LINES, LINES_OF_FUNCTION, WIDTH = 300, 60, 120
LINES_OF = {"rules/common.smk": 260}
STILL_TOO_LONG = {  # to be emptied
    "rules/common.smk",
    "tests/report/test_page.py",
    "tests/report/test_report.py",
    "workflow_scripts/analyse/axes.py",
    "workflow_scripts/report/page/explorer.js",
    "workflow_scripts/report/page/page.html.j2",
    "workflow_scripts/report/page/tables.js",
    "workflow_scripts/report/report.py",
    "workflow_scripts/synthesizers/additive.js",
}


class Import(NamedTuple):
    """A module that a file of the clone imports, such as shared.names."""

    module: str
    inside: bool  # a function

    @property
    def top(self):
        return self.module.partition(".")[0]


def module_of(path):
    """`analyse.isomap` of its path."""
    return ".".join(path.relative_to(SCRIPTS).with_suffix("").parts).removesuffix(".__init__")


MODULES = {module_of(path): path for path in PATHS}
PROJECT = {path.name for path in FOLDERS}


def imports(path):
    """The modules that a file imports. `from analyse import isomap` imports analyse.isomap."""
    tree = ast.parse(path.read_text())
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    inside = {id(node) for function in functions for node in ast.walk(function)}
    for node in ast.walk(tree):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import"
            wanted = [f"{node.module}.{alias.name}" for alias in node.names]
            names = [name if name in MODULES else node.module for name in wanted]
        yield from (Import(name, id(node) in inside) for name in names)


IMPORTS = {path.relative_to(SCRIPTS).as_posix(): set(imports(path)) for path in PATHS}


def strangers(folder, known, skip=lambda one: False):
    """What the files of a folder import besides known packages: {file: names}; `skip` lets others pass."""
    found = {}
    for file, modules in IMPORTS.items():
        allowed = STANDARD | known | EXCEPTIONS.get(file, set())
        names = {one.module for one in modules if one.top not in allowed and not skip(one)}
        if file.startswith(f"{folder}/") and names:
            found[file] = names
    return found


def test_the_plan_and_what_it_shares_need_only_the_standard_library_and_snakemakes_packages():
    driver = {"snakemake", "yaml", "jsonschema"}
    shared = {f"shared.{name}" for name in PLAIN}
    assert not strangers("planning", driver | {"planning"}, skip=lambda one: one.module in shared)
    for name in PLAIN:
        rest = {one.module for one in IMPORTS[f"shared/{name}.py"] if one.top not in STANDARD}
        assert rest <= shared, name


def test_embed_needs_only_numpy_and_soundfile_beside_the_model():
    known = {"numpy", "soundfile", "shared", "embed"}
    assert not strangers("embed", known, skip=lambda one: one.inside and one.top in FRAMEWORKS)


def test_what_embed_imports_of_shared_needs_no_more():
    pending = [one.module for file, ones in IMPORTS.items() if file.startswith("embed/") for one in ones]
    reached = set()
    while pending:
        name = pending.pop()
        if name.startswith("shared.") and name not in reached:
            reached.add(name)
            modules = IMPORTS[f"{name.replace('.', '/')}.py"]
            assert {one.top for one in modules} <= STANDARD | {"numpy", "soundfile", "shared"}, name
            pending += [one.module for one in modules]
    assert reached


@pytest.mark.parametrize("folder", ["shared", "synthesize", "synthesizers", *ROOMS[3:], *APART])
def test_only_models_and_what_trains_a_synthesizer_use_a_framework(folder):
    for file, modules in IMPORTS.items():
        if file.startswith(f"{folder}/") and not file.startswith("synthesize/train_"):
            assert not {one.top for one in modules} & FRAMEWORKS, file


def test_a_synthesizer_imports_of_the_project_shared_and_other_synthesizers():
    for file, modules in IMPORTS.items():
        if file.startswith("synthesizers/"):
            assert {one.top for one in modules} & PROJECT <= {"shared", "synthesizers"}, file


@pytest.mark.parametrize("room", ROOMS)
def test_no_room_imports_from_a_later_one(room):
    later = {*ROOMS[ROOMS.index(room) + 1 :], *APART}
    for file, modules in IMPORTS.items():
        if file.startswith(f"{room}/"):
            assert not {one.top for one in modules} & later, file


@pytest.mark.parametrize("folder", ["shared", "adapters", *APART])
def test_these_folders_import_no_room(folder):
    for file, modules in IMPORTS.items():
        if file.startswith(f"{folder}/"):
            assert {one.top for one in modules} & PROJECT <= {"shared", folder} - (
                {"shared"} if folder == "adapters" else set()
            ), file


def test_no_imports_go_in_a_circle():
    graph = {
        module: {one.module for one in IMPORTS[path.relative_to(SCRIPTS).as_posix()]} & {*MODULES} - {module}
        for module, path in MODULES.items()
    }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as problem:
        pytest.fail(" imports ".join(problem.args[1]))


@pytest.mark.parametrize("folder", sorted({*FOLDERS}), ids=lambda folder: folder.name)
def test_every_folder_says_in_one_sentence_what_it_holds(folder):
    text = ast.get_docstring(ast.parse((folder / "__init__.py").read_text()))
    assert text.endswith(".")
    assert "\n" not in text
    assert ". " not in text.replace("e.g. ", "")


def code():
    """Paths of the files of code that Git knows or would take, relative to the clone."""
    words = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(words, cwd=ROOT, check=True, capture_output=True, text=True).stdout.splitlines()
    endings = (".py", ".smk", ".js", ".j2", "Snakefile")
    return sorted({name for name in names if name.endswith(endings) and (ROOT / name).exists()})


def too_long(name):
    """What of a file is longer than the limits, in words."""
    text = (ROOT / name).read_text()
    lines = text.splitlines()
    if len(lines) > LINES_OF.get(name, LINES):
        yield f"{len(lines)} lines"
    if name.endswith((".js", ".j2")):
        yield from (
            f"line {i} has {len(line)} characters" for i, line in enumerate(lines, 1) if len(line) > WIDTH
        )
    if name.endswith(".py"):
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef) and node.end_lineno - node.lineno >= LINES_OF_FUNCTION:
                yield f"{node.name} has {node.end_lineno - node.lineno + 1} lines"


@pytest.mark.parametrize("name", [name for name in code() if name not in STILL_TOO_LONG])
def test_files_functions_and_lines_are_short(name):
    assert not list(too_long(name))
