"""Code that comes with a model's weights (.py files of a hub repository or of a folder): what may be loaded.

It runs only if the entry says `trust_code: true` and states the digest of every file of it. Without that
transformers finds no place to put such code, whatever a module asks for. Standard library only, because
`embed` imports it.
"""

import ast
import contextlib
import json
import os
import tempfile
from pathlib import Path

from shared.files import digest_of
from shared.weights import Refused, cache

LOADED = ("AutoConfig", "AutoFeatureExtractor", "AutoModel")  # what adapters ask for
RISK = "it can do anything on this machine when the model is loaded"


def source_of(entry):
    """Where the weights of an entry lie, {path | cached, ...} as in weights.in_place, and what to call
    them.
    """
    if "path" in entry:
        return Path(entry["path"]), entry["path"]
    return cache() / entry["cached"], entry.get("hub", entry["cached"])


def files_of_code(entry):
    """The files of code of an entry, {name: SHA-256}: all of a folder, those that are listed of a hub
    model.
    """
    source, _ = source_of(entry)
    names = entry.get("code", {})
    if "path" in entry and source.is_dir():
        names = sorted(file.relative_to(source).as_posix() for file in source.rglob("*.py"))
    return {name: digest_of(source / name) for name in names if (source / name).is_file()}


def check_digests(entry):
    """Raise Refused unless the entry states the digests of all its files of code, and they have them."""
    source, what = source_of(entry)
    found, stated = files_of_code(entry), entry.get("code", {})
    if absent := [name for name in stated if name not in found]:
        raise Refused(f"{what} has no file {', '.join(absent)}, which `files` of the entry's weights lists")
    unstated = {name: digest for name, digest in found.items() if not stated.get(name)}
    if unstated:
        listed = ", ".join(f"{name}: {digest}" for name, digest in unstated.items())
        raise Refused(
            f"{what} brings code whose SHA-256 digest the entry does not state ({', '.join(unstated)}): "
            f"{RISK}; read it in {source}, and if you trust it, state under `files` of the entry's weights "
            f"{{{listed}}}"
        )
    for name, digest in found.items():
        if digest != stated[name]:
            raise Refused(
                f"{source / name} is other code than the entry trusts: it has the SHA-256 digest {digest}, "
                f"and the entry states {stated[name]}; read what has changed, and if you trust it, state the "
                "new digest under `files` of the entry's weights"
            )


def imported_beside(path):
    """Names of the files beside a file of code that it imports (`from .other import Thing`: other.py)."""
    try:
        tree = ast.parse(path.read_bytes())
    except SyntaxError:
        return  # Python will say where
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.level == 1:
            for name in [node.module] if node.module else [alias.name for alias in node.names]:
                yield name.replace(".", "/") + ".py"


def asked_for(source):
    """(name of the JSON file, repository or '', name of the file of code) that a folder tells transformers
    to load.
    """
    for file in sorted(source.glob("*.json")):
        try:
            auto_map = json.loads(file.read_bytes()).get("auto_map") or {}
        except (ValueError, AttributeError):
            continue  # no settings
        classes = auto_map if isinstance(auto_map, list) else [auto_map.get(key) for key in LOADED]
        for one in classes:
            for reference in one if isinstance(one, list) else [one]:
                if isinstance(reference, str):
                    repository, _, name = reference.rpartition("--")
                    yield file.name, repository, name.rpartition(".")[0] + ".py"


def check_complete(entry, placed):
    """Raise Refused if an entry's code needs a file that it does not list. placed: hub models that lie in the
    hub's own cache."""
    source, what = source_of(entry)
    code = entry.get("code", {})
    for settings, repository, name in asked_for(source):
        if repository and repository not in placed:
            raise Refused(
                f"{settings} of {what} asks for {name} of another repository, {repository}, which nothing "
                "fetches at loading; add to the entry's weights "
                f"{{hub: {repository}, revision: ..., files: {{{name}: }}, place: HF_HOME}}"
            )
        if not repository and name not in code:
            raise Refused(
                f"{settings} of {what} asks for code of {name}: list that file under `files` of the weights"
            )
    for name in code:
        for other in imported_beside(source / name):
            if other not in code and (source / name).parent == source:
                raise Refused(
                    f"{name} of {what} imports {other}: list that file, too, under `files` of the weights"
                )


def check_code(weights, trusted):
    """Raise Refused if weights bring code that may not be loaded. weights: as in weights.in_place, each with
    `code`, {name of a .py file: SHA-256 or None}, where its entry lists some."""
    placed = {entry.get("hub") for entry in weights if entry.get("place") == "HF_HOME"}
    for entry in weights:
        if trusted:
            check_digests(entry)
            check_complete(entry, placed)
        elif entry.get("code"):
            _, what = source_of(entry)
            raise Refused(
                f"{what} brings code ({', '.join(entry['code'])}): {RISK}; if you have read it and trust it, "
                "state `trust_code: true` in the model's entry"
            )


@contextlib.contextmanager
def guarded_code(weights, trusted):
    """Let transformers load code of these weights while the block runs if the entry trusts it, else none at
    all. Raises Refused.

    Such code is copied into a folder of this process alone. Without trust a file stands in that folder's
    place, so that nothing can be copied. With trust the hub's library is offline: code that was not checked
    cannot come.
    """
    check_code(weights, trusted)
    with tempfile.TemporaryDirectory(prefix="gear-code-") as temporary:
        modules = Path(temporary, "modules")
        os.environ |= {"HF_MODULES_CACHE": str(modules), "GEAR_TRUST_CODE": str(int(trusted))}
        if trusted:
            os.environ["HF_HUB_OFFLINE"] = "1"
            modules.mkdir()
        else:
            modules.write_text("code of a model is loaded only with `trust_code: true`\n")
        try:
            yield
        except (OSError, ValueError) as problem:
            path = str(getattr(problem, "filename", None) or "")
            if trusted or not (path.startswith(str(modules)) or "trust_remote_code" in str(problem)):
                raise
            raise Refused(
                f"the model needs code that comes with its weights, and {RISK}; if you have read it and "
                "trust it, state `trust_code: true` in the model's entry, and each .py file with its SHA-256 "
                "digest under `files` of its weights"
            ) from problem
