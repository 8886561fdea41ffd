"""Files of one's own that a job depends on: an edit makes it again, a fault in one stops nothing else."""

import pytest
from conftest import ROOT
from planning.environments import environment, scripts, write_specs
from shared.declared import declared


@pytest.fixture
def own(tmp_path, monkeypatch):
    """Write files of one's own beside the config; returns what embedding by the first of them depends on."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "workflow_scripts").symlink_to(ROOT / "workflow_scripts")  # the plan's paths are relative

    def follow(**files):
        for name, content in files.items():
            (tmp_path / f"{name}.py").write_bytes(content)
        scripts.cache_clear()
        return [path for path in scripts("embed.embed", f"{next(iter(files))}.py") if "/" not in path]

    yield follow
    scripts.cache_clear()


def test_a_model_in_a_file_and_those_that_it_imports_are_followed(own):
    files = {"mymodel": b"import numpy\nfrom layers import Net\n", "layers": b"import mymath\n", "other": b""}
    assert own(**files, mymath=b"") == ["mymodel.py", "layers.py", "mymath.py"]


@pytest.mark.parametrize(
    "content", [b"def load_model()\n    pass\n", b'x = "caf\xe9"\n', b"x = 1\0\n", b"  x\n y"]
)
def test_a_faulty_file_is_followed_and_left_to_its_job(own, content):
    assert own(mymodel=content) == ["mymodel.py"]


@pytest.mark.parametrize("content", [b"FACTORS = {", b'x = "caf\xe9"\nFACTORS = {}', b"FACTORS = {}\0"])
def test_a_declaration_that_is_no_python_is_told_with_its_file(own, content):
    own(mymodel=content)
    with pytest.raises(ValueError, match=r"^mymodel\.py is not valid Python: "):
        declared("mymodel.py", "FACTORS")


def test_an_environment_depends_on_the_packages_of_ones_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mypkg").mkdir()
    module = tmp_path / "mypkg" / "mymodel.py"
    entry = {"module": "mymodel", "requirements": ["./mypkg"]}
    digests = []
    for gain in (1, 1, 2):
        module.write_text(f"GAIN = {gain}\n")
        write_specs([entry])
        (record,) = (tmp_path / "resources" / "specs").glob("*.local")
        assert str(record.relative_to(tmp_path)) in environment(record.stem)
        digests.append(record.read_text())
    assert digests[0] == digests[1] != digests[2]
    entry["requirements"] = ["six"]
    write_specs([entry])
    assert not any(path.endswith(".local") for path in environment("analysis"))
