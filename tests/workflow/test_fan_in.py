"""After failed jobs the comparison and the report are made by whatever rules stand in their two files."""

from types import SimpleNamespace

from conftest import make_clone, snakemake
from planning.fan_in import fan_in


def test_rules_of_the_files_of_comparison_and_report_fan_in_however_they_are_named():
    rules = {"embed": "embed", "compare": "compare", "draw_new": "compare", "report": "report", "all": None}
    paths = {name: f"/clone/rules/{file}.smk" if file else "/clone/Snakefile" for name, file in rules.items()}
    listed = [SimpleNamespace(name=name, snakefile=path) for name, path in paths.items()]
    assert fan_in(listed) == ["compare", "draw_new", "report"]


def test_a_figure_that_a_loop_adds_is_among_them(tmp_path):
    clone = make_clone(tmp_path)
    loop = """

for figure in ["new"]:

    rule:
        name:
            f"draw_{figure}"
        output:
            f"results/{{dataset}}/figures/{figure}.png",
        shell:
            "touch {output}"
"""
    with open(clone / "rules" / "compare.smk", "a") as file:
        file.write(loop)
    with open(clone / "Snakefile", "a") as file:
        file.write('\nprint("fan in:", *fan_in.fan_in(workflow.rules))\n')
    done = snakemake(clone, "-n", "--quiet", "all")
    (names,) = [line.split()[2:] for line in done.stdout.splitlines() if line.startswith("fan in: ")]
    figures = ("sounds", "isomap", "knn", "subspaces", "threshold", "experiment", "depth", "models", "pitch")
    drawn = [f"draw_{figure}" for figure in (*figures, "levels", "search", "new")]
    jobs = {"compare", "agreed", "heard", "bridge", "pairs", "search", *drawn, "explore", "report", "record"}
    assert set(names) == jobs
