"""Fan-in: the table of scores and Figures 2 to 4 of each data set, over all models."""

from planning import leaderboards
from shared.names import is_head

EMBEDDING, NEIGHBORS = (path_of(name, ANALYSES) for name in ("embeddings", "neighbors"))
RATED = [dataset for dataset in DATASETS if "ratings" in config["datasets"][dataset]]
ASKED = [dataset for dataset in DATASETS if "experiment" in config["datasets"][dataset]]
BOARDS = leaderboards.leaderboards_of(config)
TAUGHT = config["heads"]["of"] if "heads" in config else None  # the data set whose sounds teach the heads
HEADED = [row for row in ALL_ROWS if is_head(row)]
POINTS = of_models("results/{dataset}/heads/{model}.csv", HEADED, dataset=TAUGHT)
SEARCHED = [TAUGHT] if TAUGHT in DATASETS and POINTS else []
PAIRS = declared(SCRIPTS / "compare" / "pairs.py", "PAIRS")


rule compare:
    """Gather the scores of every analysis and model, and tell which differences between models are real."""
    input:
        script=scripts("compare.compare"),
        environment=environment("analysis"),
        scores=all_scores("csv"),
        replicates=all_scores("npy"),
    output:
        scores=shown("results/{dataset}/scores.csv", caption("scores"), "Tables"),
        differences=shown("results/{dataset}/differences.csv", caption("differences"), "Tables"),
    log:
        "logs/compare/{dataset}.log",
    benchmark:
        "logs/compare/{dataset}.tsv"
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(30),
    params:
        call=call("analysis"),
        # names, not paths: of hundreds of models the paths would be longer than a command may be
        analyses=lambda wildcards: analyses_of(wildcards.dataset),
        models=ALL_ROWS,
        without=lambda wildcards: fan_in.unscored(
            wildcards.dataset, analyses_of(wildcards.dataset), ALL_ROWS, PENDING_PATHS
        ),
        failed=lambda wildcards: fan_in.failure_words(FAILED, wildcards.dataset),
        digests=DIGESTS,
    shell:
        "{params.call} compare.compare --results results/{wildcards.dataset} "
        "--analyses {params.analyses:q} --models {params.models:q} --without {params.without:q} "
        "--failed {params.failed:q} --output {output.scores:q} --differences {output.differences:q} > {log:q} 2>&1"


rule agreed:
    """Sum up how well models agree with the listeners of all data sets that have ratings."""
    input:
        script=scripts("compare.agreed"),
        environment=environment("analysis"),
        scores=of_models("results/{dataset}/agreement/{model}.scores.csv", dataset=RATED),
        replicates=of_models("results/{dataset}/agreement/{model}.scores.npy", dataset=RATED),
    output:
        scores=shown("results/agreement.csv", caption("agreement"), "Comparison"),
        differences="results/agreement_differences.csv",
    log:
        "logs/agreed.log",
    benchmark:
        "logs/agreed.tsv"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=30,
    params:
        call=call("analysis"),
        how="--analysis agreement",
        # names, not paths: of hundreds of models the paths would be longer than a command may be
        datasets=RATED,
        models=ALL_ROWS,
        without=fan_in.unscored_of(RATED, "agreement", ALL_ROWS, PENDING_PATHS),
        digests=DIGESTS,
    shell:
        "{params.call} compare.agreed {params.how} --results results --datasets {params.datasets:q} "
        "--models {params.models:q} --without {params.without:q} --output {output.scores:q} "
        "--differences {output.differences:q} > {log:q} 2>&1"


use rule agreed as heard with:
    input:
        script=scripts("compare.agreed"),
        environment=environment("analysis"),
        scores=of_models("results/{dataset}/experiment/{model}.scores.csv", dataset=ASKED),
        replicates=of_models("results/{dataset}/experiment/{model}.scores.npy", dataset=ASKED),
    output:
        scores=shown("results/experiments.csv", caption("experiments"), "Comparison"),
        differences="results/experiments_differences.csv",
    log:
        "logs/heard.log",
    benchmark:
        "logs/heard.tsv"
    params:
        call=call("analysis"),
        how="--analysis experiment --equally",
        datasets=ASKED,
        models=ALL_ROWS,
        without=fan_in.unscored_of(ASKED, "experiment", ALL_ROWS, PENDING_PATHS),
        digests=DIGESTS,


rule bridge:
    """Correlate every score with every task of published leaderboards, over the models that have both."""
    input:
        script=scripts("compare.bridge"),
        environment=environment("analysis"),
        scores=expand("results/{dataset}/scores.csv", dataset=DATASETS),
        tables=[board["path"] for board in BOARDS],
    output:
        shown("results/leaderboards.csv", caption("leaderboards"), "Comparison"),
    log:
        "logs/bridge.log",
    benchmark:
        "logs/bridge.tsv"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=60,
    params:
        call=call("analysis"),
        datasets=DATASETS,
        boards=json.dumps(BOARDS),
        published=json.dumps(leaderboards.published_names(config)),
        seed=config["analyses"]["seed"],
    shell:
        "{params.call} compare.bridge --results results --datasets {params.datasets:q} "
        "--leaderboards {params.boards:q} --published {params.published:q} --seed {params.seed} "
        "--output {output:q} > {log:q} 2>&1"


rule pairs:
    """Compare every two models on the same sounds: how alike they are, and which factor parts them."""
    input:
        script=scripts("compare.pairs"),
        environment=environment("analysis"),
        parameters="results/{dataset}/sounds/parameters.csv",
        embeddings=per_model(EMBEDDING, NEIGHBORS),
        neighbors=per_model(NEIGHBORS, EMBEDDING),
    output:
        shown("results/{dataset}/models.csv", caption("models"), "Tables"),
    log:
        "logs/pairs/{dataset}.log",
    benchmark:
        "logs/pairs/{dataset}.tsv"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: (500 + 5 * len(ALL_ROWS)) * attempt,
        runtime=growing(60),
    params:
        call=call("analysis"),
        # names, not paths: of hundreds of models the paths would be longer than a command may be
        models=lambda wildcards, input: [Path(path).stem for path in input.embeddings],
        settings=declared_settings(PAIRS),
        arguments=declared_arguments(PAIRS),
    shell:
        "{params.call} compare.pairs --results results/{wildcards.dataset} --models {params.models:q} "
        "{params.arguments} > {log:q} 2>&1"


rule search:
    """Tell from the search over settings of the heads what their scores are due to."""
    input:
        script=scripts("compare.search"),
        environment=environment("analysis"),
        points=POINTS,
    output:
        shown("results/{dataset}/search.csv", caption("search"), "Tables"),
    log:
        "logs/search/{dataset}.log",
    benchmark:
        "logs/search/{dataset}.tsv"
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(30),
    params:
        call=call("analysis"),
        # names, not paths: of hundreds of models the paths would be longer than a command may be
        heads=[Path(path).stem for path in POINTS],
        models=[row for row in ALL_ROWS if not is_head(row)],
    shell:
        "{params.call} compare.search --results results/{wildcards.dataset} --heads {params.heads:q} "
        "--models {params.models:q} --output {output:q} > {log:q} 2>&1"


for figure, table in FIGURES.items():

    rule:
        name:
            f"draw_{figure}"
        input:
            **figure_inputs(table),
            script=scripts(f"compare.draw_{figure}"),
            environment=environment("analysis"),
        output:
            png=shown(
                f"results/{{dataset}}/figures/{figure}.png",
                caption_file(figure, table["heading"], table["caption"]),
                "Figures",
            ),
            pdf=f"results/{{dataset}}/figures/{figure}.pdf",
        log:
            f"logs/draw_{figure}/{{dataset}}.log",
        benchmark:
            f"logs/draw_{figure}/{{dataset}}.tsv"
        threads: 1
        resources:
            mem_mb=figure_memory(table),
            runtime=growing(30),
        params:
            call=call("analysis"),
            script=f"compare.draw_{figure}",
            settings=declared_settings(table),
            arguments=declared_arguments(table),
        shell:
            # The same words for every rule of the loop: Snakemake reads them anew when a job starts.
            "{params.call} {params.script} {params.arguments} > {log:q} 2>&1"
