"""YAML and JSON that were written to harm, or by accident: one sentence with file and line, at once."""

import time

import pytest
from planning.yaml_files import check_config_files
from snakemake.exceptions import WorkflowError

TENFOLD = "[" + "*a{0}, " * 9 + "*a{0}]"
LAUGHS = "a0: &a0 [x, x]\n" + "".join(f"a{i + 1}: &a{i + 1} {TENFOLD.format(i)}\n" for i in range(11))
MERGES = "a0: &a0 {x: 1}\n" + "".join(f"a{i + 1}: &a{i + 1} {{<<: {TENFOLD.format(i)}}}\n" for i in range(9))
LEVELS = "more than 50 levels lie within each other"
NUMBER = "is no number that can be reckoned with; write one that is finite"
CASES = {  # name: (content, line, a part of the sentence)
    "billion laughs": (LAUGHS, 6, "with its aliases (*) this holds more than 200,000 values; write less"),
    "billion laughs by merge keys": (MERGES, 6, "with its aliases (*) this holds more than 200,000 values"),
    "an alias in its own list": ("a: &a [*a]", 1, "an alias (*) stands within the value that it stands for"),
    "an alias in its own mapping": ("b: 1\na: &a {b: *a}", 2, "an alias (*) stands within the value"),
    "an alias merged into itself": ("a: &a {<<: *a}", 1, "an alias (*) stands within the value"),
    "5,000 lists": ("a: 1\nb: " + "[" * 5000 + "]" * 5000, 2, LEVELS),
    "200 lists": ("a: " + "[" * 200 + "]" * 200, 1, LEVELS),
    "1,500 mappings": ("".join(" " * i + "a:\n" for i in range(1500)), 51, LEVELS),
    "5,000 mappings of JSON": ('{"a":' * 5000 + "1" + "}" * 5000, 1, LEVELS),
    "200 mappings of JSON": ('{"a":' * 200 + "1" + "}" * 200, 1, LEVELS),
    "any bytes": (bytes(range(256)), 2, "it is not encoded in UTF-8; save the file so"),
    "a NUL": ("a: 1\nb: \0", 2, "a character is no text (U+0000)"),
    "UTF-16 without mark": ("a: 1".encode("utf-16-le"), 1, "a character is no text (U+0000)"),
    "a tag of Python": ("a: !!python/object/apply:os.system [ls]", 1, "could not determine a constructor"),
    "a name of Python": ("a: !!python/name:os.system", 1, "could not determine a constructor"),
    "an include": ("a: !include /etc/passwd", 1, "could not determine a constructor for the tag '!include'"),
    "a set": ("a: !!set {x}", 1, "the tag !!set makes what no config holds; leave it out"),
    "bytes": ("a: 1\nb: !!binary aGk=", 2, "the tag !!binary makes what no config holds"),
    "pairs": ("a: !!pairs [1]", 1, "the tag !!pairs makes what no config holds"),
    "a text called a number": ("a: !!int x", 1, NUMBER),
    "a quoted text called a number": ("a: !!int 'x'", 1, "the tag !!int makes what no config holds"),
    "a quoted text called a truth": ("a: !!bool 'x'", 1, "the tag !!bool makes what no config holds"),
    "no date": ("a: 2026-13-45", 1, "is read as a date"),
    "5,000 digits": ("a: 1\nb: " + "9" * 5000, 2, NUMBER),
    "5,000 digits of JSON": ('{"a": 1,\n "b": ' + "9" * 5000 + "}", 2, NUMBER),
    "5,000 hexadecimal digits": ("a: 0x" + "f" * 5000, 1, NUMBER),
    "400 sexagesimals": ("a: " + ":".join(["1"] * 400), 1, NUMBER),
    "400 octal digits": ("a: 0o1" + "7" * 400, 1, "... is read as text; write a finite number"),
    "a merged list of numbers": ("a: {<<: [1, 2]}", 1, "expected a mapping for merging"),
    "a merged number": ("a: {<<: 3}", 1, "expected a mapping or list of mappings for merging"),
    "another YAML": ("%YAML 3.0\n---\na: 1", 1, "found incompatible YAML document"),
}


@pytest.mark.parametrize("case", CASES)
def test_harmful_yaml_is_one_sentence_at_once(tmp_path, case):
    content, line, sentence = CASES[case]
    path = tmp_path / "mine.yaml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    begun = time.monotonic()
    with pytest.raises(WorkflowError) as fault:
        check_config_files([path])
    assert time.monotonic() - begun < 20
    (told,) = str(fault.value).splitlines()
    assert f"mine.yaml, line {line}: " in told
    assert sentence in told
    assert len(told) < 900


def test_aliases_and_merge_keys_of_everyday_use_are_taken(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text("\ufeffa: &a {b: 1}\nc: *a\nd: {<<: *a, e: [*a, *a]}\n")
    check_config_files([path])
