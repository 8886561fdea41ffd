"""A failure stops nothing else and is told where one looks; on models that need no framework."""

import json
import re
import subprocess

import pandas
import pytest
from conftest import FEW, ROOT, jobs, snakemake
from runs import (
    write_config,
)

pytestmark = [
    pytest.mark.network,
    pytest.mark.environments("analysis", "hearbaseline"),
    pytest.mark.analyses(*FEW),
]
FAULTS = {
    "good": "",
    "raises": "raises",
    "shape": "shape",
    "infinite": "nan",
    "killed": "killed",
    "left": "left",
}
# A PyTorch model with a bare parameter, which no layer's reset_parameters() draws anew.
BARE = {"module": "adapters.bare", "env": "hearbaseline", "sample_rate": 16000, "initialization": "random"}
FIGURE = '''
"""A figure of one's own: the first factor of each sound."""

import pandas
from matplotlib.figure import Figure
from shared.arguments import figure_parser
from shared.drawing import write_figure

FIGURE = {
    "of": "any",
    "reads": ["parameters"],
    "takes": ["factors"],
    "heading": "A figure of one's own",
    "caption": "The first factor of each sound, in their order.",
}


def main(argv=None):
    args = figure_parser(__doc__, FIGURE).parse_args(argv)
    figure = Figure()
    figure.subplots().plot(pandas.read_csv(args.parameters)[next(iter(args.factors))])
    write_figure(figure, args.output)
'''


@pytest.fixture(scope="module")
def first(shared_clone):
    """A clone with a figure of one's own after a run in which all models but one fail, the run's words, and
    its output."""
    (shared_clone / "workflow_scripts" / "compare" / "draw_extra.py").write_text(FIGURE.lstrip())
    unbuildable = {"module": "x", "requirements": ["no-such-package-gear==1"], "sample_rate": 16000}
    nowhere = BARE | {"network": "torchcrepe.infer.nothing"}
    (shared_clone / "workflow_scripts" / "adapters" / "broken.py").write_text("def load_model()\n    pass\n")
    broken = {"module": "adapters.broken", "env": "analysis", "sample_rate": 16000}
    others = {"unbuildable": unbuildable, "bare": BARE, "nowhere": nowhere, "broken": broken}
    words = write_config(shared_clone, FAULTS, **others)
    done = snakemake(shared_clone, *words)
    assert done.returncode != 0
    return shared_clone, words, done.stdout


def test_failed_models_do_not_stop_the_others(first):
    clone, _, output = first
    assert "failed: RuntimeError: the weights are on the moon\n  logs/embed/small/raises.log\n" in output
    scores = pandas.read_csv(clone / "results" / "small" / "scores.csv")
    assert set(scores[scores.metric == "r2"].model) == {"good", "chance", "reference"}
    failed = scores[scores.metric == "failure"].set_index("model")
    assert set(failed.index) == {*FAULTS, "unbuildable", "bare", "nowhere", "broken"} - {"good"}
    assert failed.note["raises"] == "RuntimeError: the weights are on the moon"
    assert failed.note["shape"] == "shape: get_scene_embeddings returned shape (6, 7), expected (6, 8)"
    assert "not finite" in failed.note["infinite"]
    assert failed.note["killed"].startswith("ended without an error message, killed by SIGKILL (out of")
    assert failed.note["left"].startswith("ended without an error message, with status 0, before it wrote")
    assert "failed: ended without an error message, with status 0" in output
    assert failed.note["broken"] == (
        "SyntaxError: expected ':' (workflow_scripts/adapters/broken.py:1: def load_model())"
    )
    assert failed.analysis["unbuildable"] == "environment"
    assert "no-such-package-gear" in failed.note["unbuildable"]
    page = (clone / "results" / "report.html").read_text()
    assert page.count("</strong> failed at") == 8
    assert "<strong>unbuildable</strong> is not available" in page
    embedded = {path.stem for path in (clone / "results" / "small" / "embeddings").glob("*.npy")}
    assert embedded == {"good", "chance", "reference"}
    record = json.loads((clone / "results" / "record.json").read_text())
    assert {*record["datasets"]["small"]["embeddings"]} == embedded


def test_random_initialisation_refuses_weights_that_it_cannot_draw(first):
    clone, *_ = first
    scores = pandas.read_csv(clone / "results" / "small" / "scores.csv")
    notes = scores[scores.metric == "failure"].set_index("model").note
    assert "left 1 of 3 weight tensors unchanged (token)" in notes["bare"]
    assert "'torchcrepe.infer.nothing' does not exist" in notes["nowhere"]


def test_a_figure_of_ones_own_is_drawn_although_a_model_failed(first):
    """The rules that still run after a failure follow from their files, not from a list of names."""
    clone, _, output = first
    assert "results/report.html shows the others, and these with the reason." in output
    for ending in ("png", "pdf"):
        assert (clone / "results" / "small" / "figures" / f"extra.{ending}").stat().st_size > 5000
    page = (clone / "results" / "report.html").read_text()
    assert "raises</strong> failed at embed" in page
    assert "The first factor of each sound, in their order." in page


def test_failed_models_are_tried_again_and_told_with_the_reason_of_the_last_run(first):
    clone, words, _ = first
    second = snakemake(clone, *words)  # tries the failed ones again, and nothing else
    assert second.returncode != 0
    assert set(jobs(second.stdout)) == {"embed", "environment"}

    mended = dict.fromkeys(("good", "shape", "raises"), "")
    words = write_config(clone, mended | {"raises": "nan"})
    (clone / ".venv").symlink_to(ROOT / ".venv")
    make = ["make", "--silent", "run", f"RUN={' '.join(words)}"]
    third = subprocess.run(make, cwd=clone, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert third.returncode != 0
    assert third.stdout.count("\n") < 30  # stages and failures, and no more than that
    matters = r"failed: raises: .*not finite.*\n  logs/embed/small/raises\.log\nresults/report\.html shows"
    assert re.search(matters, third.stdout), third.stdout
    scores = pandas.read_csv(clone / "results" / "small" / "scores.csv")
    failed = scores[scores.metric == "failure"].set_index("model")
    assert failed.index.tolist() == ["raises"]
    assert "not finite" in failed.note["raises"]  # the reason of this run, not of the first one
    assert "not finite" in (clone / "results" / "report.html").read_text()

    fourth = snakemake(clone, *write_config(clone, mended))
    assert fourth.returncode == 0, fourth.stdout[-3000:]
    assert jobs(fourth.stdout).count("embed") == 1
    assert "failed at" not in (clone / "results" / "report.html").read_text()


def test_old_results_of_a_model_whose_environment_broke_are_not_shown_as_fresh(clone):
    mine = {"module": "adapters.faulty", "requirements": ["six==1.16.0"], "sample_rate": 16000}
    words = write_config(clone, {}, mine=mine)
    assert snakemake(clone, *words).returncode == 0
    words = write_config(clone, {}, mine=mine | {"requirements": ["no-such-package-gear==1"]})
    assert snakemake(clone, *words).returncode != 0
    scores = pandas.read_csv(clone / "results" / "small" / "scores.csv")
    assert scores[scores.model == "mine"].metric.tolist() == ["failure"]
    assert snakemake(clone, *words).returncode != 0  # still failing, never silently old
