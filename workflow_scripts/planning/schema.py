"""What the schema of the config says: the faults that it finds."""

import jsonschema
import yaml

from planning.places import HOME
from planning.words import closest

# JSON Schema takes 5.0 for an integer; the scripts do not.
VALIDATOR = jsonschema.validators.extend(
    jsonschema.Draft202012Validator,
    type_checker=jsonschema.Draft202012Validator.TYPE_CHECKER.redefine(
        "integer", lambda _, value: type(value) is int
    ),
)


def schema_faults(config):
    """Faults that the schema finds, each as 'where: what'."""
    schema = yaml.safe_load((HOME / "rules" / "config.schema.yaml").read_text())
    for error in VALIDATOR(schema).iter_errors(config):
        where = ".".join(map(str, error.absolute_path)) or "top level"
        if error.validator == "additionalProperties" and isinstance(error.instance, dict):
            known = error.schema.get("properties", {})
            for key in error.instance:
                if key not in known:
                    yield f"{where}: unknown key {key!r}, {closest(key, known)}"
        elif error.validator == "minItems":
            yield f"{where}: the list is empty; name at least one"
        elif error.validator == "oneOf" and "description" in error.schema:
            yield f"{where}: must be {error.schema['description']}"
        else:
            yield f"{where}: {error.message}"
