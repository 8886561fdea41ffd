"""What the schema takes and no job could work with is told: environments, requirements, layers, addresses."""

import pytest
from helpers import checked_with
from planning import environments
from snakemake.exceptions import WorkflowError

DIGEST = "0" * 64


def mine(**entry):
    """A change of the config: a run of one model."""
    if "requirements" not in entry:
        entry = {"env": "signal"} | entry
    entry = {"module": "adapters.logmel", "sample_rate": 16000} | entry
    return {"run": {"models": ["mine"]}, "models": {"mine": entry}}


def told(change):
    """The one sentence with which a change is refused."""
    with pytest.raises(WorkflowError) as fault:
        checked_with(change)
    (sentence,) = str(fault.value).splitlines()
    return sentence


@pytest.mark.parametrize(
    "name", ["", ".", "..", "../config", "../envs/signal", "./signal", "/etc/x", "signal ", "signal\n", "a;b"]
)
def test_an_environment_is_a_name(name):
    assert "is no name of a file of envs/; leave out folder and ending" in told(mine(env=name))


READ = [
    *("numpy", "numpy==1.*", "numpy>=1,<3  # why", "#numpy", "numpy[extra]; python_version < '4'"),
    *("git+https://x.org/a", "a @ git+https://${TOKEN}@x.org/a", "https://x.org/a-1-py3-none-any.whl"),
    *(
        "--extra-index-url https://x.org/simple",
        "numpy==1.0 --hash=sha256:" + DIGEST,
        "numpy @ https://x.org/n",
    ),
]


def test_what_pip_reads_is_taken():
    checked_with(mine(requirements=READ))


@pytest.mark.parametrize(
    "line", ["numpy==", "numpy=1", "numpy scipy", "numpy,scipy", "numpy; rm -rf /", "$(id)", "`id`", "höhe"]
)
def test_what_pip_cannot_read_is_told(line):
    assert f"requirements: {line!r} is no requirement that pip can read: " in told(mine(requirements=[line]))
    stated = {"run": {"datasets": ["tones"]}, "datasets": {"tones": {"requirements": [line]}}}
    assert told(stated).startswith(f"config: datasets.tones.requirements: {line!r} is no requirement")


def test_an_option_or_a_line_behind_a_requirement_is_told():
    option = told(mine(requirements=["torch --index-url https://x.org/simple"]))
    assert option.endswith("; make an option of pip an item of its own")
    assert "has several lines; make each an item" in told(mine(requirements=["numpy\n--index-url x"]))


@pytest.mark.parametrize(
    "text",
    [
        *("", "5", "[]", "a: [", "\t", "dependencies:", "dependencies: 5", "dependencies: numpy"),
        *("dependencies: [{pip: }]", "dependencies: [{pip: numpy}]", "dependencies: [{pip: [5]}]"),
        *("dependencies: [5]", "dependencies: [{conda: [numpy]}]", "dependencies: [[numpy]]"),
    ],
)
def test_a_file_that_is_no_environment_is_told(tmp_path, monkeypatch, text):
    path = tmp_path / "mine.yaml"
    path.write_text(text)
    monkeypatch.setattr(environments, "spec", lambda env: str(path))
    assert f"models.mine.env: {path} is no environment file" in told(mine())
    path.write_text("dependencies: [python=3.11, pip, {pip: [numpy]}]")
    checked_with(mine())


@pytest.mark.parametrize("name", ["../config", "x/../wheels", "/etc/x", "", None])
def test_a_catalogue_is_a_name(name):
    assert told({"catalogues": [name]}).startswith(f"config: catalogues: {name!r} is not known, ")


@pytest.mark.parametrize("name", ["adapters.", "adapters..logmel", "a..b", "a.1b", ".a"])
def test_a_module_is_a_dotted_name(name):
    assert "models.mine.module: must be the name of a module" in told(mine(module=name))


@pytest.mark.parametrize("heads", [{}, {"heads": {"of": "tones", "kinds": ["supervised"]}}])
def test_layers_that_count_without_end_are_told_at_once(heads):
    assert "mine.layers: more than 1,000 layers" in told(mine(layers=["x{0..999999999999}"]) | heads)


@pytest.mark.parametrize(
    "weights",
    [
        *("", [""], {"path": ""}, {"url": "https://"}, {"url": "https://x.org"}, {"url": "https://x.org/a/"}),
        *({"url": "https://x.org/../../a"}, {"url": "https://../a"}),
        *({"hub": hub, "revision": "main", "files": {"a": None}} for hub in ("../..", "a/..", "../a")),
        *(
            {"hub": "a/b", "revision": "main", "files": {name: None}}
            for name in ("../a", "a/../../b", "/a", "", "a/")
        ),
        *({"path": "README.md", "place": place} for place in ("./../a", "TORCH_HOME/../a", "HF_HOME/a/..")),
    ],
)
def test_weights_stay_where_they_belong(weights):
    assert told(mine(weights=weights)).startswith("config: models.mine.weights")


@pytest.mark.parametrize(
    "weights",
    [
        {"url": "https://x.org/a..b/.c?d=e f", "sha256": DIGEST},
        {"hub": "a.b/.c", "revision": "main", "files": {"a/..b": None, ".c": None}},
        {"path": "README.md", "place": "./..a/b"},
    ],
)
def test_odd_names_of_weights_are_taken(weights):
    checked_with(mine(weights=weights))


def test_an_empty_path_is_not_the_working_directory():
    dataset = {"synthesizer": "additive", "sample_rate": 16000, "duration": 1.0}
    for more in ({"design": "table", "table": ""}, {"N": 8, "ratings": {"matrix": "", "source": "x"}}):
        assert "datasets.d." in told({"run": {"datasets": ["d"]}, "datasets": {"d": dataset | more}})
    assert "leaderboards.0.path: " in told({"leaderboards": [{"name": "x", "path": ""}]})
    assert "embeddings: " in told({"models": {"m": {"module": "precomputed", "embeddings": ""}}})


def test_steps_that_stand_twice_are_told():
    ladder = {"of": "tones", "points": 8, "steps": [1, 1]}
    assert "d.ladder.steps: " in told(
        {"run": {"datasets": ["tones", "d"]}, "datasets": {"d": {"ladder": ladder}}}
    )
