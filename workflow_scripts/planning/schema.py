"""The schema of a config: what it refuses, and the defaults that it states.

config.schema.yaml is the one place where keys, defaults and descriptions stand. docs/config.md is rendered
from it (planning/manual.py), and editors find it by the first line of config.yaml.
"""

import copy
import functools
import math
from pathlib import Path

import yaml

from planning.words import closest

PATH = Path(__file__).with_name("config.schema.yaml")


@functools.cache
def schema():
    """The parsed schema, a mapping as JSON Schema (draft 2020-12) has it. Do not change it."""
    return yaml.safe_load(PATH.read_text())


def defaults(kind):
    """Defaults of an entry of a kind, {key: value}, in the order of the schema.

    kind: a key of the schema's `$defs`, such as dataset, model, factor or analyses. Keys without a default
    are left out.
    """
    keys = schema()["$defs"][kind]["properties"]
    return {key: copy.deepcopy(stated["default"]) for key, stated in keys.items() if "default" in stated}


@functools.cache
def validator():
    """What checks a config against the schema.

    JSON Schema takes 5.0 for an integer and infinity for a number, the scripts do not.
    """
    import jsonschema  # only here, so that the manual is rendered with PyYAML alone

    base = jsonschema.Draft202012Validator
    types = base.TYPE_CHECKER.redefine("integer", lambda _, value: type(value) is int)
    types = types.redefine("number", lambda _, value: type(value) in (int, float) and math.isfinite(value))
    return jsonschema.validators.extend(base, type_checker=types)(schema())


def schema_faults(config):
    """Yield each fault that the schema finds in a config as a sentence, `where: what`."""
    for error in validator().iter_errors(config):
        where = ".".join(map(str, error.absolute_path)) or "top level"
        takes = error.schema.get("x-takes")
        if error.validator == "additionalProperties" and isinstance(error.instance, dict):
            known = error.schema.get("properties", {})
            for key in error.instance:
                if key not in known:
                    yield f"{where}: unknown key {key!r}, {closest(key, known)}"
        elif error.validator == "minItems":
            yield f"{where}: the list is empty; name at least one"
        elif error.validator == "oneOf" and takes:
            yield f"{where}: must be {takes}"
        elif error.validator == "pattern" and takes:
            yield f"{where}: must be {takes}, not {error.instance!r}"
        else:
            yield f"{where}: {error.message}"
