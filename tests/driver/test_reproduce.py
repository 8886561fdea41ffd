"""What `make reproduce` sets up: the config of a record, and environments as the record lists them."""

import pytest
from driver import reproduce
from environments import environment

LOCK = ["numpy==2.4.6 --hash=sha256:" + 64 * "0", "mine @ file:///somewhere/mine", "scipy==1.17.1"]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A working directory with a file of the user's own, a weights cache, and two environments."""
    monkeypatch.chdir(tmp_path)
    for name, lines in {"analysis": LOCK, "signal": ["numpy==2.5.0"]}.items():
        place = tmp_path / "resources" / "environments" / name
        place.mkdir(parents=True)
        (place / "requirements.lock").write_text("".join(f"{line}\n" for line in lines))
    (tmp_path / "resources" / "timbre").mkdir()
    (tmp_path / "results").mkdir()
    (tmp_path / "mymodel.py").touch()
    return tmp_path


def test_a_run_is_repeated_beside_the_results_with_the_environments_of_the_record(folder):
    again = folder / "again"
    for _ in range(2):  # a repetition that was killed goes on in the same folder
        reproduce.prepare(again, {"run": {"models": ["ä"]}}, {"analysis": LOCK, "signal": LOCK, "new": LOCK})
    assert (again / "mymodel.py").resolve() == folder / "mymodel.py"
    assert (again / "resources" / "timbre").resolve() == folder / "resources" / "timbre"
    assert not (again / "results").exists()
    environments = again / "resources" / "environments"
    assert (environments / "analysis").resolve() == folder / "resources" / "environments" / "analysis"
    for name in ("signal", "new"):
        assert not (environments / name).exists()
        pins = (environments / f"{name}.constraints.txt").read_text()
        assert pins.splitlines() == ["numpy==2.4.6", "scipy==1.17.1"]
    assert "ä" in (again / reproduce.CONFIG).read_text(encoding="utf-8")


def test_pip_is_held_to_the_versions_of_a_record(folder, monkeypatch):
    prefix, commands = folder / "resources" / "environments" / "analysis", []
    monkeypatch.setattr(environment, "run", lambda command, name, **options: commands.append(command))
    environment.install(prefix, ["numpy"], False)
    pins = prefix.with_name("analysis.constraints.txt")
    pins.write_text("numpy==2.4.6\n")
    environment.install(prefix, ["numpy"], False)
    without, held = commands
    assert "--constraint" not in without
    assert held[held.index("--constraint") + 1] == str(pins)


def test_other_code_is_named(folder, monkeypatch):
    (folder / "rules").mkdir()
    (folder / "rules" / "embed.smk").write_text("new\n")
    monkeypatch.setattr(reproduce, "HOME", folder)
    code = reproduce.code_of(folder)
    assert reproduce.other_code(code) == ""
    (folder / "rules" / "embed.smk").write_text("newer\n")
    assert "rules/embed.smk" in reproduce.other_code(code)
    assert "rules/gone.smk" in reproduce.other_code(code | {"rules/gone.smk": "1"})


@pytest.mark.parametrize("content", ["", "[]", '{"config": {}}', "no JSON", None])
def test_what_is_no_record_is_refused_in_one_sentence(folder, content):
    path = folder / "record.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(SystemExit, match=r"record\.json is no record of a run"):
        reproduce.read_record(path)
