"""Files in YAML that users write: configs and catalogues. What Snakemake would take otherwise than people do
is a fault.

Snakemake reads YAML 1.1 by PyYAML. There the last of two equal keys wins, `1:30` is 90, `010` is 8, `no` is
false and `2e1` is text. Each fault is one sentence that names file and line.
"""

import json
import math
import os
import re
import sys
from pathlib import Path

import yaml
from shared.sentences import FEW
from snakemake.exceptions import WorkflowError

LOADER = yaml.SafeLoader  # in plain Python, as Snakemake's: what one of them refuses, the other does
NUMBER = re.compile(  # what Python's float() or int() would take, although it is text in YAML 1.1
    r"[-+]?(\d+(_\d+)*\.?\d*|\.\d+)(e[-+]?\d+)?|[-+]?0o[0-7]+|[-+]?(inf|infinity|nan)", re.IGNORECASE
)
FOREIGN = ("binary", "omap", "pairs", "set")  # tags that PyYAML knows and JSON has nothing for
UNQUOTED = ("bool", "float", "int", "null", "timestamp")  # what is never written in quotation marks
TWICE = "stands twice"
DEEPEST, MOST = 50, 200_000  # levels of nesting; values, each alias counted with all that it stands for
TOO_DEEP = f"more than {DEEPEST} levels lie within each other; close the brackets, or write it flatter"
CAUSES = {  # how PyYAML's words begin: what people would say
    r"found character '\\t'": "a tab stands where YAML takes blanks only",
    r"found character '(.)'": "{0} cannot begin a value; put the value in quotation marks",
    "mapping values are not allowed": "a colon (:) stands where no key may end; put a text that holds one in "
    "quotation marks, or mend the indentation",
    "found unexpected end of stream": "a quotation mark opens a text that none closes",
    "expected ',' or '([]}])', but got '<stream end>'": "a bracket opens here, and no {0} closes it",
    "expected ',' or '([]}])'": "a comma or {0} is missing here; put a text that holds : or , in quotation "
    "marks",
    "could not find expected ':'": "a key without a colon (:), or a text that goes on without indentation",
    "expected <block end>": "this does not fit what stands above it: mend the indentation, or put the whole "
    "value in quotation marks",
    "expected '<document start>'": "this does not fit the indentation of the lines above it",
    "sequence entries are not allowed": "a list that is written with - begins in a line of its own",
    "found unknown escape|expected escape": 'a backslash in "..." does not stand for itself; write / or put '
    "the text in '...'",
    "but found another document": "a second document begins (---); a file is one",
    "found undefined alias": "* stands for a value that is named by & before; put a text in quotation marks",
}


def read_yaml(path):
    """The content of a YAML file, a dict. Raises ValueError with a sentence on each fault, one a line."""
    text = text_of(path)
    if faults := [*faults_of(text)]:
        told = [f"{path}, line {line}: {fault}" for line, fault in faults[:FEW]]
        more = [f"{path}: and {len(faults) - FEW} more"] if len(faults) > FEW else []
        raise ValueError("\n".join(told + more))
    try:
        content = yaml.load(text, LOADER)
    except yaml.MarkedYAMLError as problem:
        line, fault = explained(problem)
        raise ValueError(f"{path}, line {line}: {fault}") from None
    if not isinstance(content, dict):
        found = {type(None): "is empty", list: "holds a list"}.get(type(content), "holds one value")
        raise ValueError(f"{path}: {found}; write keys at its top level, such as run")
    return content


def check_config_files(paths):
    """Raise WorkflowError with the faults of config files, in YAML or JSON as Snakemake takes them."""
    faults = []
    for path in dict.fromkeys(map(str, paths)):
        shown = min(str(path), os.path.relpath(path), key=len)
        try:
            read_config(shown)
        except ValueError as problem:
            faults += str(problem).splitlines()
    if faults:
        raise WorkflowError("config: " + "\nconfig: ".join(faults)) from None


def read_config(path):
    """The content of a config file, a dict: JSON if it can be, as Snakemake tries first, else YAML.

    Raises ValueError as read_yaml does. In JSON nothing is doubtful but keys that stand twice.
    """
    text = text_of(path)
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        return read_yaml(path)
    if twice := [
        fault for fault in faults_of(text.replace("\t", " ")) if TWICE in fault[1] or fault[1] == TOO_DEEP
    ]:
        raise ValueError("\n".join(f"{path}, line {line}: {fault}" for line, fault in twice))
    return content if isinstance(content, dict) else read_yaml(path)


def text_of(path):
    """The text of a file. Raises ValueError for one that is not there or not in UTF-8."""
    try:
        data = Path(path).read_bytes()
        return data.decode("utf-8-sig")
    except OSError as problem:
        raise ValueError(f"{path} cannot be read: {problem.strerror}") from None
    except UnicodeDecodeError as problem:
        if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
            raise ValueError(f"{path}, line 1: the file is encoded in UTF-16; save it as UTF-8") from None
        line = data[: problem.start].count(b"\n") + 1
        raise ValueError(f"{path}, line {line}: it is not encoded in UTF-8; save the file so") from None


def faults_of(text):
    """Yield the faults of a YAML text, (line, sentence)."""
    try:
        node = yaml.compose(text, LOADER)
    except RecursionError:
        yield line_too_deep(text), TOO_DEEP
    except yaml.reader.ReaderError as problem:
        yield text[: problem.position].count("\n") + 1, f"a character is no text (U+{problem.character:04X})"
    except yaml.MarkedYAMLError as problem:
        yield explained(problem)
    else:
        try:
            size_of(node, {}, ())
        except ValueError as problem:
            yield problem.args
        else:
            yield from sorted(node_faults(node, {}))


def line_too_deep(text):
    """The line in which a text is nested too deeply for PyYAML to compose it."""
    depth = 0
    for event in yaml.parse(text, LOADER):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            return event.start_mark.line + 1
    return 1


def size_of(node, sizes, above):
    """The number of values in a node, each alias (*x) counted as often as it stands there.

    sizes: {id of a node: its number} of those that were counted. above: ids of the nodes that it is within.
    Raises ValueError (line, sentence) for aliases that grow beyond MOST or stand within what they name, and
    for more than DEEPEST levels.
    """
    if node is None or isinstance(node, yaml.ScalarNode):
        return 1
    line = node.start_mark.line + 1
    if id(node) in above:
        raise ValueError(
            line, "an alias (*) stands within the value that it stands for; write the value itself"
        )
    if len(above) >= DEEPEST:
        raise ValueError(line, TOO_DEEP)
    if id(node) not in sizes:
        parts = [part for pair in node.value for part in (pair if isinstance(pair, tuple) else (pair,))]
        sizes[id(node)] = 1 + sum(size_of(part, sizes, (*above, id(node))) for part in parts)
    if sizes[id(node)] > MOST:
        raise ValueError(line, f"with its aliases (*) this holds more than {MOST:,} values; write less")
    return sizes[id(node)]


def explained(problem):
    """What PyYAML refuses, (line, sentence)."""
    words = problem.problem or ""
    mark = problem.problem_mark
    opened = "end of stream" in words or "<stream end>" in words
    if opened and problem.context_mark:
        mark = problem.context_mark
    for cause, sentence in CAUSES.items():
        if found := re.match(cause, words):
            return mark.line + 1, sentence.format(*found.groups())
    return mark.line + 1, f"{words}{f' {problem.context}' if problem.context else ''}"


def node_faults(node, seen, key=""):
    """Yield the faults of a node and of what is below it, (line, sentence).

    seen: {id of a node: node} of those that were looked at, since one may stand in several places. key: that
    of which the node is the value.
    """
    if node is None or id(node) in seen:
        return
    seen[id(node)] = node
    line, kind = node.start_mark.line + 1, node.tag.rpartition(":")[2]
    if kind in FOREIGN or (getattr(node, "style", "") and kind in UNQUOTED):
        yield line, f"the tag !!{kind} makes what no config holds; leave it out"
    elif isinstance(node, yaml.ScalarNode):
        if fault := scalar_fault(node):
            yield line, f"{key}: {fault}" if key else fault
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from node_faults(item, seen, key)
    else:
        yield from key_faults(node)
        for name, value in node.value:
            yield from node_faults(value, seen, str(name.value))


def key_faults(node):
    """Yield the faults of a mapping's keys: keys that stand twice or are no text."""
    lines = {}
    for name, _ in node.value:
        line = name.start_mark.line + 1
        if not isinstance(name, yaml.ScalarNode):
            yield line, "a key must be a word; put a text with brackets in quotation marks"
            continue
        if fault := scalar_fault(name):
            yield line, f"as a key, {fault}"
        elif name.tag not in ("tag:yaml.org,2002:str", "tag:yaml.org,2002:merge"):
            yield line, f"the key {name.value or '(nothing)'} is no text; put it in quotation marks"
        if name.value in lines:
            first = lines[name.value]
            where = f"in line {first}" if first != line else "in the same line"
            yield line, f"the key {name.value} {TWICE}, first {where}; leave one of them out"
        lines.setdefault(name.value, line)


def scalar_fault(node):
    """What a value without quotation marks is read as, if people mean something else by it; else nothing."""
    written, kind = node.value, node.tag.rpartition(":")[2]
    if node.style:
        return ""
    quoted = f"'{written}' in quotation marks"
    if kind == "bool" and written.lower() not in ("true", "false"):
        meant = yaml.safe_load(written)
        return (
            f"{written} is read as {str(meant).lower()}; write {str(meant).lower()}, or {quoted} for the word"
        )
    if kind == "timestamp":
        return f"{written} is read as a date; write {quoted}"
    if kind in ("int", "float"):
        if not math.isfinite(float_of(written)):
            return f"{written[:40]} is no number that can be reckoned with; write one that is finite"
        value = yaml.safe_load(written)
        if ":" in written or (kind == "int" and re.match(r"[-+]?0[\d_]", written) and value):
            return f"{written} is read as {value}; write {value} if that is meant, or {quoted} for the text"
    if kind == "str" and NUMBER.fullmatch(written):
        number = number_of(written)
        told = f"{written} is read as text, not as a number; write {number}, or {quoted} for the text"
        return told if len(written) < 80 else f"{written[:40]}... is read as text; write {number}"
    if kind == "str" and written == "None":
        return f"None is read as text; write null for nothing, or {quoted} for the text"
    return ""


def float_of(written):
    """A number that YAML reads, float; NaN for what is none, infinity for more than a float holds."""
    try:
        return float(yaml.safe_load(written))
    except (TypeError, ValueError):  # !!int x, or more digits than Python reads
        return math.nan
    except OverflowError:
        return math.inf


def number_of(written):
    """A number as YAML reads it, text."""
    octal = "o" in written.lower() and "inf" not in written.lower()
    value = int(written, 0) if octal else float(written)
    if abs(value) > sys.float_info.max or not math.isfinite(value):
        return "a finite number"
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else yaml.safe_dump(value).split()[0]


class Dumper(yaml.SafeDumper):
    """Writes YAML that read_yaml takes: a text that looks like a number stands in quotation marks."""


def quoted_if_number(dumper, text):
    """The node of a text."""
    doubtful = NUMBER.fullmatch(text) or text == "None"
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="'" if doubtful else None)


Dumper.add_representer(str, quoted_if_number)


def to_yaml(content):
    """A config as YAML text, in the order of its keys."""
    return yaml.dump(content, Dumper=Dumper, sort_keys=False, allow_unicode=True)
