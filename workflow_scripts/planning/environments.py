"""What jobs run in: the files of scripts, environments, and the interpreters in them.

A model's environment is a file of envs/, or is made of the list of requirements in the model's own entry.
The rule `environment` builds it below resources/environments/: a virtual environment, or conda's under
`--sdm conda`. No rule has a `conda:` directive: Snakemake builds those before the first job and ends the run
at the first that fails, whereas a failed job costs only the models that need it.
"""

import ast
import functools
import hashlib
import json
import shlex
from itertools import chain
from pathlib import Path

import yaml
from shared.files import written_whole
from shared.local_packages import local_digest, locals_of

from planning.models import listed_weights
from planning.places import HOME, SCRIPTS, script_path


@functools.cache
def scripts(name, *more):
    """Paths of a script and of every local module that it imports by name: an edit of any reruns the rule.

    `more` are modules that a script imports at run time: a synthesizer or a model's module, if it is one of
    ours or a file of the user's own, given by its path. The modules beside such a file count, too.
    """
    paths = []
    pending = [name, *(module for module in more if module.endswith(".py") or script_path(module).exists())]
    while pending:
        wanted = pending.pop(0)
        path = Path(wanted) if wanted.endswith(".py") else script_path(wanted)
        if str(path) not in paths:
            paths.append(str(path))
            names = imported(path)
            pending += [module for module in names if script_path(module).exists()]
            if not path.is_relative_to(SCRIPTS):
                beside = (path.parent / f"{name.replace('.', '/')}.py" for name in names)
                pending += [str(other) for other in beside if other.exists()]
    return paths


@functools.cache
def imported(path):
    """Names of the modules that a Python file imports anywhere, and of what it imports from them.

    None of a file that is not valid Python: the job that imports it fails and says where.
    """
    try:
        tree = ast.parse(Path(path).read_bytes())
    except (SyntaxError, ValueError):
        return []
    names = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return names


def environment_of(entry):
    """Name of the environment of a model's entry, or of a data set's place of work (see datasets.workplace):
    its file in envs/, or inline-<digest of its requirements>.
    """
    if entry.get("module") == "precomputed":
        return "analysis"
    if "env" in entry:
        return entry["env"]
    listed = json.dumps(sorted(entry["requirements"])).encode()
    return f"inline-{hashlib.sha256(listed).hexdigest()[:10]}"


def spec(env):
    """Path of an environment's file."""
    if env.startswith("inline-"):
        return f"resources/specs/{env}.yaml"
    return str(HOME / "envs" / f"{env}.yaml")


def post_deploy(env):
    """The script that runs after an environment is built, as a list; empty if there is none."""
    path = Path(spec(env)).with_suffix(".post-deploy.sh")
    return [str(path)] if path.exists() else []


def local(env):
    """The file that follows an environment's local packages, as a list; empty if it has none."""
    path = f"resources/specs/{env}.local"
    return [path] if Path(path).exists() else []


def lock(env):
    """Path of the list of the packages that an environment holds; it is written last."""
    return f"resources/environments/{env}/requirements.lock"


def environment(env):
    """Paths that a rule depends on which runs in an environment.

    These are the list of installed packages and the files that the environment is built from. A failed
    rebuild removes the list, which leaves old results looking fresh; the files do not.
    """
    return [lock(env), spec(env), *post_deploy(env), *local(env)]


def call(env):
    """The shell words before a script's name: an environment's interpreter and the folder of all scripts."""
    return shlex.join([f"resources/environments/{env}/bin/python", str(SCRIPTS)])


def by_conda(settings):
    """Whether Snakemake was called with `--sdm conda`. settings: its deployment settings.

    They are members of an enumeration in Snakemake 9 (`deployment_method`), words in Snakemake 10
    (`deployment_methods`).
    """
    methods = getattr(settings, "deployment_methods", None) or getattr(settings, "deployment_method", ())
    return any(str(method).lower().removeprefix("deploymentmethod.") == "conda" for method in methods)


def write_specs(entries):
    """Write what environments are built from, while the rules are read: the environment files of inline
    requirements, and the digests of local packages. entries: those that environment_of() takes.
    """
    for entry in entries:
        if "requirements" in entry:
            write_inline_spec(entry)
        write_local(environment_of(entry))


def spec_fault(env):
    """What is wrong with an environment's file of envs/, a sentence, or ''; that it does not exist is not."""
    path = Path(spec(env))
    if not path.is_file():
        return ""
    try:
        listed = yaml.safe_load(path.read_text(encoding="utf-8"))
        items = listed["dependencies"]
        lists = [item["pip"] for item in items if not isinstance(item, str)]
    except (ValueError, LookupError, TypeError, yaml.YAMLError):
        items, lists = None, []
    lists.append(items)
    if all(isinstance(each, list) for each in lists) and all(
        isinstance(line, str) for each in lists[:-1] for line in each
    ):
        return ""
    return (
        f"{path} is no environment file: its `dependencies` must be a list of packages and of "
        "{pip: [packages]}"
    )


def requirements_of(env):
    """Lines of requirements that an environment's file has for pip."""
    listed = yaml.safe_load(Path(spec(env)).read_text()) or {}
    lists = [item.get("pip", []) for item in listed.get("dependencies", []) if isinstance(item, dict)]
    return list(chain(*lists))


def read_by(entry):
    """Paths that the jobs of a model may read besides their inputs (see embed/confined.py): the folder of its
    module, its own packages, its weights, and whatever its options name. Those that do not exist do no harm.
    """
    paths = [str(path) for path, _ in locals_of(requirements_of(environment_of(entry)))]
    paths += [file["path"] for file in listed_weights(entry) if "path" in file]
    paths += [option for option in entry.get("options", {}).values() if isinstance(option, str) and option]
    return paths + ([str(Path(entry["module"]).parent)] if entry["module"].endswith(".py") else [])


def write_local(env):
    """Write the digest of an environment's local packages, so that an edit of them rebuilds it."""
    path, digest = Path(f"resources/specs/{env}.local"), local_digest(requirements_of(env))
    if not digest:
        path.unlink(missing_ok=True)
    elif not path.exists() or path.read_text() != digest:
        with written_whole(path) as draft:
            draft.write_text(digest)


def write_inline_spec(entry):
    """Write the environment file of an entry's requirements.

    Every job needs NumPy and soundfile in its environment; they are added to the list.
    """
    path = Path(spec(environment_of(entry)))
    requirements = [*sorted(entry["requirements"]), "numpy", "soundfile"]
    dependencies = ["python=3.11", "pip", {"pip": requirements}]
    content = yaml.safe_dump({"channels": ["conda-forge"], "dependencies": dependencies})
    if not path.exists() or path.read_text() != content:
        with written_whole(path) as draft:
            draft.write_text(content)
