"""Tables as people save them: read where one meaning is certain, else one sentence with the line."""

import unicodedata

import pytest
from shared.tables import read_table

FACTORS = {"pitch": {"scale": "linear"}, "dyn": {"scale": "linear"}}
WANTED = {"pitch": [60.5, 61], "dyn": [0, 5], "file": ["a.wav", "b.wav"]}
PLAIN = "file,pitch,dyn\na.wav,60.5,0\nb.wav,61,5\n"
SEMICOLONS = "file;pitch;dyn\na.wav;60,5;0\nb.wav;61;5\n"


@pytest.fixture
def read(tmp_path):
    """Reads a table from text or bytes."""

    def read(content, factors=FACTORS, needed=("pitch", "dyn", "file")):
        path = tmp_path / "t.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return read_table(path, factors, needed)

    return read


@pytest.fixture
def fault(read, tmp_path):
    """The sentence that refuses a table, without the path before it."""

    def fault(content, *args):
        with pytest.raises(ValueError, match=r"t\.csv: ") as caught:
            read(content, *args)
        assert "\n" not in str(caught.value)
        assert len(str(caught.value)) < 1000
        return str(caught.value).removeprefix(f"{tmp_path / 't.csv'}: ")

    return fault


@pytest.mark.parametrize(
    "content",
    [
        PLAIN,
        SEMICOLONS,
        "\ufeff" + SEMICOLONS.replace("\n", "\r\n"),
        PLAIN.replace("\n", "\r"),
        PLAIN.replace(",", "\t"),
        SEMICOLONS.replace(";", "\t"),
        SEMICOLONS.replace(";", "|"),
        PLAIN.replace("60.5", '"60,5"'),
        "sep=;\r\n" + SEMICOLONS,
        'sep=,\n"file","pitch","dyn"\n"a.wav","60,5","0"\n"b.wav","61","5"\n',
        SEMICOLONS.encode("utf-16"),
        SEMICOLONS.encode("utf-32"),
        "Violin\nrecorded in May\n\n" + PLAIN,
        "Violin;;\n;;\n" + SEMICOLONS,
        " file , pitch,\tDyn\n a.wav , 60.5 , 0\n b.wav , 61,\xa05 \n",
        PLAIN + ",,\n  , ,\n\n",
        "\n\n" + PLAIN.replace("\nb", "\n\n,,\n\nb"),
        "file,pitch,dyn,,\na.wav,60.5,0,,\nb.wav,61,5,,\n",
        "file,pitch,dyn\na.wav,60.5,0,,\nb.wav,61,5\n",
        "no,file,pitch,remark,dyn,remark\n1,a.wav,60.5,,0,\n2,b.wav,61,x,5,y\n",
        'file,pitch,dyn,remark\na.wav,60.5,0,"one\ntwo, three"\nb.wav,6.1e1,5,\n',
    ],
)
def test_what_is_certain_is_read(read, content):
    assert read(content) == WANTED


def test_names_of_columns_may_have_either_unicode_form(read):
    composed, apart = (unicodedata.normalize(form, "höhe") for form in ("NFC", "NFD"))
    for column, factor in ((composed, apart), (apart, composed)):
        assert read(f"{column}\n7\n", {factor: {}}, [factor]) == {factor: [7]}


def test_two_factors_may_differ_in_case_alone(read):
    assert read("F,f\n1,2\n", {"f": {}, "F": {}}, ["f", "F"]) == {"f": [2], "F": [1]}


def test_a_decimal_comma_is_certain_if_it_cannot_part_thousands(read, fault):
    assert read("pitch;dyn\n1,234;0,5\n", needed=None) == {"pitch": [1.234], "dyn": [0.5]}
    assert read("pitch;dyn\n0,234;−5\n", needed=None) == {"pitch": [0.234], "dyn": [-5]}
    assert fault("pitch;dyn\n100;0\n1,234;1\n", FACTORS, None).startswith(
        "line 3: pitch is '1,234', not a number with one meaning"
    )
    assert fault("pitch;dyn\n60,5;1\n61.5;1\n", FACTORS, None).startswith(
        "line 2: pitch is '60,5', not a number: others, such as 61.5, have a decimal point"
    )
    assert fault("pitch;dyn\n1.234,5;0,5\n", FACTORS, None) == "line 2: pitch is '1.234,5', not a number"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is empty"),
        ("\ufeff\r\n \r\n", "is empty"),
        ("sep=;\n", "has no header"),
        ("file,pitch,dyn\n,,\n\n", "there are no rows below the header in line 1"),
        (b"PK\x03\x04...", "is a spreadsheet (such as .xlsx), not a table in text; save it as CSV (UTF-8)"),
        ("<!DOCTYPE html><table>", "is a web page or XML"),
        (b"version https://git-lfs.github.com/spec/v1\n", "is a pointer of Git LFS"),
        (PLAIN.encode("utf-16-le"), "line 1 holds bytes that are no text"),
        (PLAIN.replace("b", "ö").encode("latin1"), "line 3 is not encoded in UTF-8"),
        ("file,pitch\na.wav,1\n", "no column dyn; line 1 has file, pitch"),
        ("a.wav,60,0\nb.wav,61,5\n", "no column pitch, dyn, file; line 1 has a.wav, 60, 0"),
        (PLAIN.replace(",", ":"), "no column pitch, dyn, file; line 1 has file:pitch:dyn"),
        ("sep=,\n" + SEMICOLONS, "no column pitch, dyn, file; line 2 has file;pitch;dyn"),
        (PLAIN.replace("dyn", "dyn,pitch"), "line 1: the column pitch stands twice: 'pitch' in cell 2 and "),
        (PLAIN.replace("dyn", "dyn, Pitch "), "line 1: the column pitch stands twice: 'pitch' in cell 2 and"),
        ("Violin\n" + PLAIN.replace("dyn", "dyn,FILE"), "line 2: the column file stands twice"),
        ("file,pitch\nx.wav,9\n" + PLAIN, "line 3 has the names of the columns, but line 1 above it may be"),
        ("file,pitch,dyn\na.wav,60,5,0,25\n", "line 2 has 5 cells, the header 3; put a text or number with"),
        ("file,pitch,dyn,,\na.wav,60,5,0,25\n", "line 2 has 5 cells, the header 3"),
        (SEMICOLONS + "c.wav;62\n", "line 4 has 2 cells, the header 3"),
        (PLAIN + "c.wav\n", "line 4 has 1 cell, the header 3"),
        ('file,pitch,dyn\n"a\n.wav",60,0\n\n,,\nb.wav,61\n', "line 6 has 2 cells, the header 3"),
        ('file,pitch,dyn\n"a\r\n.wav",60,0\r\nb.wav,61,x\r\n', "line 4: dyn is 'x', not a number"),
        ('file,pitch,dyn\na.wav,60,0\n"b.wav,61,5\nc.wav,62,4\n', "line 3: a quotation mark"),
        ('Violin\n"file,pitch,dyn\na.wav,60,0\n', "line 2: a quotation mark"),
        (PLAIN + ",62,4\n", "line 4: no file"),
        (PLAIN + "c.wav,nan,4\n", "line 4: pitch is 'nan', not a number"),
        (
            PLAIN + "c.wav,-1e200,4\n",
            "line 4: pitch is '-1e200', and no value may be larger than 1e+100: state it in another unit",
        ),
        (PLAIN + PLAIN, "line 4: pitch is 'pitch', not a number; line 4: dyn is 'dyn', not a number"),
    ],
)
def test_what_is_not_certain_is_one_sentence_with_its_line(fault, content, sentence):
    assert fault(content).startswith(sentence)


def test_of_many_faults_the_first_are_named_and_the_rest_counted(fault):
    rows = [f"{i:04}.wav,x,0" for i in range(500)]
    told = fault("\n".join(["file,pitch,dyn", *rows]))
    assert told.startswith("line 2: pitch is 'x', not a number; line 3: ")
    assert told.endswith("; and 492 more")
    assert fault("\n".join(["file,pitch,dyn", *[row + ",1" for row in rows]])).startswith(
        "lines 2, 3, 4, 5, 6, 7, 8, 9, and 492 more have 4 cells, the header 3"
    )


def test_tables_are_read_with_levels_and_faults_are_all_listed(read, fault):
    factors = {"pitch": {}, "dynamics": {"levels": ["pp", "mf", "ff"]}}
    table = read("file,pitch,dynamics\na.wav,60,pp\nb.wav,62,ff\n", factors, None)
    assert table["dynamics"] == [0, 2]
    assert table["file"] == ["a.wav", "b.wav"]
    assert fault("file,pitch,dynamics\na.wav,sixty,pp\nb.wav,,loud\n", factors, None) == (
        "line 2: pitch is 'sixty', not a number; line 3: pitch is '', not a number; "
        "line 3: dynamics is 'loud', not one of pp, mf, ff"
    )
    assert fault(PLAIN, {"loudness": {}}, None).startswith("no column loudness")
    assert "not a number above 0" in fault("f\n0\n", {"f": {"scale": "log"}}, None)
