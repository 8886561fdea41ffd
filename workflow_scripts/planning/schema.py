"""The schema of a config: what it refuses, and the defaults that it states.

config.schema.yaml is the one place where keys, defaults and descriptions stand. docs/config.md is rendered
from it (planning/manual.py), and editors find it by the first line of config.yaml.
"""

import copy
import functools
import math
import re
from pathlib import Path

import yaml

from planning.words import closest

PATH = Path(__file__).with_name("config.schema.yaml")
# magnitudes: what libraries take as a seed or count, and what sums bear
LARGEST = {int: 2**31 - 1, float: 1e15}
NO_TEXT = re.compile("[\0\ud800-\udfff]")  # what no path and no file in UTF-8 can hold
SHOWN = 300  # characters of a value in a sentence


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

    JSON Schema takes 5.0 for an integer and infinity for a number, the scripts do not. Nor do they take
    numbers beyond LARGEST.
    """
    import jsonschema  # only here, so that the manual is rendered with PyYAML alone

    base = jsonschema.Draft202012Validator
    types = base.TYPE_CHECKER.redefine(
        "integer", lambda _, value: type(value) is int and not too_large(value)
    )
    types = types.redefine("number", lambda _, value: type(value) in LARGEST and not too_large(value))
    return jsonschema.validators.extend(base, type_checker=types)(schema())


def too_large(value):
    """Whether a number is beyond what the scripts can reckon with; so is NaN."""
    return type(value) in LARGEST and not abs(value) <= LARGEST[type(value)]


def text_faults(value, where=""):
    """Yield a sentence on each text of a config, keys among them, that no file can hold."""
    if isinstance(value, str) and (found := NO_TEXT.search(value)):
        code = f"U+{ord(found[0]):04X}"
        yield f"{where or 'top level'}: {value[:40]!r} holds a character that is no text ({code})"
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in pairs:
        if isinstance(value, dict) and not isinstance(key, str):
            yield f"{where or 'top level'}: the key {key!r} is no text; put it in quotation marks"
        yield from text_faults(key, where)
        yield from text_faults(item, f"{where}.{key}".lstrip("."))


def shortened(text):
    """A sentence without the middle of a long value in it."""
    return text if len(text) <= SHOWN else f"{text[: SHOWN // 2]} ... {text[-SHOWN // 2 :]}"


def schema_faults(config):
    """Yield each fault that the schema finds in a config as a sentence, `where: what`."""
    if unwritable := [*text_faults(config)]:
        yield from unwritable
        return
    yield from map(shortened, faults_by_schema(config))


def faults_by_schema(config):
    """Yield each fault that the schema finds in a config, however long."""
    for error in validator().iter_errors(config):
        where = ".".join(map(str, error.absolute_path)) or "top level"
        takes = error.schema.get("x-takes") if isinstance(error.schema, dict) else None
        if error.validator == "additionalProperties" and isinstance(error.instance, dict):
            known = error.schema.get("properties", {})
            for key in error.instance:
                if key not in known:
                    yield f"{where}: unknown key {key!r}, {closest(key, known)}"
        elif error.validator == "type" and too_large(error.instance) and abs(error.instance) < math.inf:
            yield f"{where}: {error.instance} is no number that can be reckoned with; write a smaller one"
        elif error.validator == "minItems":
            yield f"{where}: the list is empty; name at least one"
        elif error.validator == "oneOf" and takes:
            yield f"{where}: must be {takes}"
        elif error.validator == "pattern" and takes:
            yield f"{where}: must be {takes}, not {error.instance!r}"
        else:
            yield f"{where}: {error.message}"
