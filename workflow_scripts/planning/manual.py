"""Render the manual of a config, docs/config.md, from the schema.

Each schema with a title is a section: its description, its `x-example`, and a table of its keys. The
sections of its keys follow it, one level deeper. Standard library and PyYAML only.
"""

import argparse
import re
from pathlib import Path

import yaml
from shared.files import written_whole

from planning.schema import schema

COMMAND = "python workflow_scripts planning.manual --output docs/config.md"
KINDS = {"boolean": "`true` or `false`", "integer": "whole number", "number": "number", "string": "text"}
ENDS = {"exclusiveMinimum": "above", "minimum": "from", "maximum": "up to"}  # of a range, in words


def resolved(stated):
    """A schema with what its `$ref` points to; what stands beside the `$ref` goes before."""
    if "$ref" not in stated:
        return stated
    return resolved(schema()["$defs"][stated["$ref"].rpartition("/")[2]]) | stated


def section_of(stated):
    """The schema of a key's own section: that of the key itself, or of its entries, items or alternatives.

    None if there is no section.
    """
    whole = resolved(stated)
    if "title" in whole:
        return resolved({"$ref": stated["$ref"]}) if "$ref" in stated else whole
    parts = [whole.get("additionalProperties"), whole.get("items"), *whole.get("oneOf", [])]
    sections = (section_of(part) for part in parts if isinstance(part, dict))
    return next(filter(None, sections), None)


def link(section):
    """The title of a section as a link to its heading."""
    return f"[{section['title']}](#{section['title'].lower().replace(' ', '-')})"


def value(plain):
    """A value as one writes it in YAML, on one line."""
    return yaml.safe_dump(plain, default_flow_style=True).removesuffix("...\n").strip()


def takes(stated):
    """What a key takes, in words: its kind and range, or where to read on."""
    whole = resolved(stated)
    if below := section_of(stated):
        named = "additionalProperties" in whole and "title" not in whole
        return f"name and entry of each: see {link(below)}" if named else f"see {link(below)}"
    if "x-takes" in whole:
        return whole["x-takes"]
    if "enum" in whole:
        return ", ".join(f"`{value(one)}`" for one in whole["enum"])
    kinds = [whole["type"]] if isinstance(whole["type"], str) else whole["type"]
    words = {**KINDS, "object": "mapping"}
    if "array" in kinds:
        words["array"] = f"list ({takes(whole['items'])})"
    ends = [f"{said} {whole[end]}" for end, said in ENDS.items() if end in whole]
    return " ".join([" or ".join(words[kind] for kind in kinds), *ends])


def keys_of(whole, above=""):
    """Yield (dotted key, its schema, whether it is required) for each key of a section.

    The keys of a key that has no section of its own follow it, such as `isomap.K`.
    """
    required = [*whole.get("required", []), *whole.get("else", {}).get("required", [])]
    for key, stated in whole.get("properties", {}).items():
        yield above + key, stated, key in required and not above
        if section_of(stated) is None:
            yield from keys_of(resolved(stated), f"{above}{key}.")


def row(*cells):
    """A row of a Markdown table."""
    inner = " | ".join(cell.replace("|", r"\|") for cell in cells)
    return f"| {inner} |"


def table(keys):
    """Lines of the table of a section's keys, then a list of the values of each key that describes them."""
    yield from (row("key", "takes", "default", "what it does"), "|---|---|---|---|")
    for key, stated, required in keys:
        whole = resolved(stated)
        default = f"`{value(whole['default'])}`" if "default" in whole else "required" if required else ""
        yield row(f"`{key}`", takes(stated), default, whole["description"])
    for key, stated, _ in keys:
        if "enumDescriptions" in stated:
            yield from ("", f"Values of `{key}`:", "")
            described = zip(stated["enum"], stated["enumDescriptions"], strict=True)
            yield from (f"- `{value(one)}`: {text}" for one, text in described)


def section(whole, level, written):
    """Lines of a section and of those of its keys, each once. written: titles of the sections so far."""
    written.append(whole["title"])
    yield from (f"{'#' * level} {whole['title']}", "", whole["description"].replace("\n", "\n\n"), "")
    if "x-example" in whole:
        yield from ("```yaml", whole["x-example"].rstrip("\n"), "```", "")
    keys = list(keys_of(whole))
    if keys:
        yield from (*table(keys), "")
    for _, stated, _ in keys:
        below = section_of(stated)
        if below is not None and below["title"] not in written:
            yield from section(below, level + 1, written)


def manual():
    """The text of docs/config.md."""
    note = f"<!-- Rendered from workflow_scripts/planning/config.schema.yaml by: {COMMAND} -->"
    text = "\n".join([note, "", *section(schema(), 1, [])])
    return re.sub(r"\n{3,}", "\n\n", text).rstrip("\n") + "\n"


def main(argv=None):
    """Write the manual."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, required=True, help="Markdown to write")
    args = parser.parse_args(argv)
    with written_whole(args.output) as draft:
        draft.write_text(manual())
