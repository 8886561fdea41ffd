"""What YAML takes otherwise than people do is one sentence with file and line, in every file they write."""

import pytest
from conftest import ROOT
from driver import config_files
from helpers import checked_with
from planning.yaml_files import check_config_files, faults_of, read_yaml, to_yaml
from snakemake.exceptions import WorkflowError


def sentences(tmp_path, content, name="mine.yaml"):
    """The sentences on a file, without the path before each."""
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(WorkflowError) as caught:
        check_config_files([path])
    lines = str(caught.value).splitlines()
    assert all(line.startswith("config: ") and name in line for line in lines)
    return [line[line.index(name) + len(name) :].lstrip(",: ") for line in lines]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("run:\n\tdatasets: [a]", "line 2: a tab stands where YAML takes blanks only"),
        ("run:\n  models:\t[a]", "line 2: a tab stands where YAML takes blanks only"),
        ("a: 1\nb: see: c", "line 2: a colon (:) stands where no key may end"),
        ("a: 1\n  b: 2", "line 2: a colon (:) stands where no key may end"),
        ("a: {b: see: c}", "line 1: a comma or } is missing here"),
        ("a: 1\nb: [1,\nc: 2", "line 2: a bracket opens here, and no ] closes it"),
        ("a: 1\nb: 'x\nc: 2", "line 2: a quotation mark opens a text that none closes"),
        ("a:\n  b: 1\n c: 2", "line 3: this does not fit what stands above it"),
        ("a: {dataset}.npy", "line 1: this does not fit what stands above it"),
        (" a: 1\nb: 2", "line 2: this does not fit the indentation"),
        ("a: 1\nb: @x", "line 2: @ cannot begin a value; put the value in quotation marks"),
        ("a: *x", "line 1: * stands for a value that is named by & before"),
        ("a: 1\n---\nb: 2", "line 2: a second document begins (---); a file is one"),
        ('a: 1\nb: "C:\\Users\\me"', 'line 2: a backslash in "..." does not stand for itself; write / or'),
        ("a: 1\nb: !x 3", "line 2: could not determine a constructor for the tag '!x'"),
        ("a: 1\nb: \x07", "line 2: a character is no text (U+0007)"),
        (b"a: 1\n# Tonh\xf6he\n", "line 2: it is not encoded in UTF-8; save the file so"),
        ("a: 1".encode("utf-16"), "line 1: the file is encoded in UTF-16; save it as UTF-8"),
        ("", "is empty; write keys at its top level, such as run"),
        ("# run: {}\n", "is empty; write keys at its top level, such as run"),
        ("- run", "holds a list; write keys at its top level, such as run"),
        ("run:tones", "holds one value; write keys at its top level, such as run"),
        ("run: 1\nx: 2\nrun: 3", "line 3: the key run stands twice, first in line 1; leave one of them out"),
        ('a: {b: 1, "b": 2}', "line 1: the key b stands twice, first in the same line"),
        ("2023: 1", "line 1: the key 2023 is no text; put it in quotation marks"),
        ("on: 1", "line 1: as a key, on is read as true; write true, or 'on' in quotation marks"),
        ("? [a]\n: 1", "line 1: a key must be a word"),
    ],
)
def test_a_fault_of_yaml_names_line_and_cause(tmp_path, text, sentence):
    (fault,) = sentences(tmp_path, text)
    assert fault.startswith(sentence)


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        ("1:30", "1:30 is read as 90; write 90 if that is meant, or '1:30' in quotation marks"),
        ("1:30.5", "1:30.5 is read as 90.5"),
        ("010", "010 is read as 8; write 8 if that is meant"),
        ("08", "08 is read as text, not as a number; write 8, or '08' in quotation marks"),
        ("0o17", "0o17 is read as text, not as a number; write 15"),
        ("2e1", "2e1 is read as text, not as a number; write 20"),
        ("1e-3", "1e-3 is read as text, not as a number; write 0.001"),
        ("1.5E3", "1.5E3 is read as text, not as a number; write 1500"),
        ("1e-7", "1e-7 is read as text, not as a number; write 1.0e-07"),
        ("no", "no is read as false; write false, or 'no' in quotation marks for the word"),
        ("On", "On is read as true; write true"),
        (".inf", ".inf is no number that can be reckoned with"),
        (".nan", ".nan is no number that can be reckoned with"),
        ("-inf", "-inf is read as text, not as a number; write a finite number"),
        ("2026-11-28", "2026-11-28 is read as a date"),
        ("None", "None is read as text; write null for nothing"),
    ],
)
def test_what_yaml_reads_otherwise_than_people_is_told(tmp_path, written, sentence):
    for text in (f"a:\n  b: {written}", f"a:\n- {written}", f"a:\n  [1, {{b: {written}}}]"):
        (fault,) = sentences(tmp_path, text)
        assert fault.startswith(f"line 2: {'a' if 'b' not in text else 'b'}: {sentence}")
    assert list(faults_of(f"a: '{written}'")) == []


@pytest.mark.parametrize(
    "written", ["5", "-3", "0", "0.5", "1_000", "0x10", "1.0e-7", "true", "False", "null", "", "~"]
)
def test_what_yaml_reads_as_people_do_is_taken(written):
    assert list(faults_of(f"a: {written}")) == []


def test_every_fault_is_told_and_a_key_may_overrule_a_merged_one(tmp_path):
    assert sentences(tmp_path, "a: no\nb: 010\n") == sentences(tmp_path, "\ufeffa: no\r\nb: 010\r\n")
    assert len(sentences(tmp_path, "a: no\nb: 010\n")) == 2
    assert len(sentences(tmp_path, "".join(f"k{i}: no\n" for i in range(99)))) == 9
    assert list(faults_of("a: &x {b: 1, c: 2}\nd: {<<: *x, b: 3}\n")) == []


@pytest.mark.parametrize("name", ["mine.json", "mine.yaml"])
def test_json_is_held_to_its_own_rules(tmp_path, name):
    """Snakemake tries JSON first, whatever a file is called."""
    (tmp_path / name).write_text('{\n\t"a": 2e1,\n\t"b": "no"\n}')
    check_config_files([tmp_path / name])
    assert sentences(tmp_path, '{\n\t"a": 1,\n\t"a": 2}', name) == [
        "line 3: the key a stands twice, first in line 2; leave one of them out"
    ]
    assert sentences(tmp_path, '["run"]', name) == ["holds a list; write keys at its top level, such as run"]


def test_make_run_looks_at_every_file_that_its_words_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.yaml").write_text("run: {}\n")
    (tmp_path / "b.yaml").write_text("run:\n\tx: 1\n")
    config_files.main(["--cores", "1", "--configfile", "a.yaml", "--config", "b.yaml=1"])
    for words in (["--configfile", "a.yaml", "b.yaml", "-n"], ["--configfile=b.yaml"]):
        with pytest.raises(SystemExit, match=r"^error: config: b\.yaml, line 2: a tab stands"):
            config_files.main(["--cores", "1", *words])
    with pytest.raises(
        SystemExit, match=r"^error: config: c\.yaml cannot be read: No such .*; b\.yaml, line 2: a"
    ):
        config_files.main(["--configfile", "c.yaml", "b.yaml"])


def test_the_files_of_the_clone_have_no_fault():
    for folder in (".", "catalogues", "experiments", "tests"):
        check_config_files((ROOT / folder).glob("*.yaml"))


def test_what_is_written_is_read_back_and_taken(tmp_path):
    content = {
        "z": ["2e1", "no", "None", "nan", "010", "höhe", "x: y", "1:30", ""],
        "a": {"b": 0.5, "c": None},
    }
    (tmp_path / "c.yaml").write_text(to_yaml(content))
    assert read_yaml(tmp_path / "c.yaml") == content
    assert list(read_yaml(tmp_path / "c.yaml")) == ["z", "a"]


def test_a_faulty_catalogue_is_one_sentence(tmp_path, monkeypatch):
    monkeypatch.setattr("planning.config.HOME", tmp_path)
    (tmp_path / "catalogues").mkdir()
    for text, sentence in {
        "models:\n  a: {module: x}\n  a: {module: y}\n": "own.yaml, line 3: the key a stands twice",
        "models: [a]\n": "own.yaml: it has no `models`",
        "model: {}\n": "own.yaml: it has no `models`",
    }.items():
        (tmp_path / "catalogues" / "own.yaml").write_text(text)
        with pytest.raises(WorkflowError) as caught:
            checked_with({"catalogues": ["own"]})
        assert sentence in str(caught.value)
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("number", [float("inf"), float("nan")])
def test_a_number_that_is_not_finite_is_no_number(number):
    with pytest.raises(WorkflowError, match=r"datasets\.tones\.duration: (inf|nan) is not of type 'number'"):
        checked_with({"datasets": {"tones": {"duration": number}}})
