"""The report: one HTML file over all data sets, and the record of the run."""

PAGE_FIGURES = {dataset: page.figures(figures_of(dataset), dataset in UNCHECKED) for dataset in DATASETS}


localrules:
    record,


rule explore:
    """Pack clouds, factors and sounds of a data set for the page."""
    input:
        script=scripts("report.explore"),
        environment=environment("analysis"),
        parameters="results/{dataset}/sounds/parameters.csv",
        audio="results/{dataset}/sounds/audio.wav",
        results=lambda wildcards: expand(
            CLOUD, model=explorable(wildcards.dataset), dataset=wildcards.dataset
        ),
        renderer=lambda wildcards: datasets.renderer(DEFINITIONS[wildcards.dataset]),
    output:
        clouds="results/{dataset}/explore/clouds.json",
        clips="results/{dataset}/explore/clips.bin",
    log:
        "logs/explore/{dataset}.log",
    benchmark:
        "logs/explore/{dataset}.tsv"
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(30),
    params:
        call=call("analysis"),
        definition=lambda wildcards: json.dumps(without(DEFINITIONS[wildcards.dataset], "analyses")),
        models=lambda wildcards: explorable(wildcards.dataset),
        megabytes=EXPLORED_MB / max(1, len(CLOUDS)),
    shell:
        "{params.call} report.explore --results results/{wildcards.dataset} "
        "--definition {params.definition:q} --models {params.models:q} --renderer {input.renderer:q} "
        "--megabytes {params.megabytes} --clips {output.clips:q} --output {output.clouds:q} > {log:q} 2>&1"


rule report:
    """Render results/report.html."""
    input:
        script=scripts("report.report"),
        environment=environment("analysis"),
        page=page.parts(),
        declared=page.declaring_files(),
        config=page.config_file(config),
        renderers=sorted({path for dataset in CLOUDS for path in datasets.renderer(DEFINITIONS[dataset])}),
        explored=expand("results/{dataset}/explore/{file}", dataset=CLOUDS, file=["clouds.json", "clips.bin"]),
        scores=expand("results/{dataset}/scores.csv", dataset=DATASETS),
        differences=expand("results/{dataset}/differences.csv", dataset=DATASETS),
        pairs=expand("results/{dataset}/models.csv", dataset=CLOUDS),
        parameters=expand("results/{dataset}/sounds/parameters.csv", dataset=DATASETS),
        checks=[f"results/{dataset}/sounds/checks.csv" for dataset in DATASETS if dataset not in UNCHECKED],
        figures=[
            f"results/{dataset}/figures/{figure}.png"
            for dataset, figures in PAGE_FIGURES.items()
            for figure in figures
        ],
        agreed=[f"results/{name}.csv" for name in ("agreement", "agreement_differences") if RATED],
        heard=[f"results/{name}.csv" for name in ("experiments", "experiments_differences") if ASKED],
        bridge=["results/leaderboards.csv"] if BOARDS else [],
        search=[f"results/{dataset}/search.csv" for dataset in SEARCHED],
        trust=of_models("results/{dataset}/trust/{model}.png", rows=config["run"]["models"], dataset=CLOUDS),
        facts=of_models("results/{dataset}/embeddings/{model}.json", dataset=DATASETS),
    output:
        shown("results/report.html", caption("page"), "Comparison"),
    log:
        "logs/report.log",
    benchmark:
        "logs/report.tsv"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 1000 * attempt,
        runtime=lambda wildcards, attempt: 30 * attempt,
    params:
        call=call("analysis"),
        datasets=lambda wildcards: json.dumps({dataset: DEFINITIONS[dataset] for dataset in DATASETS}),
        unchecked=[f"{dataset}:{of_this_run(log_of('check_sounds', dataset))}" for dataset in UNCHECKED],
        broken=[f"{dataset}:{stage}:{log}" for dataset, (stage, log) in BROKEN.items()],
        digests=DIGESTS,
        rows=ROWS,
        figures=json.dumps(PAGE_FIGURES),
        boards=json.dumps(BOARDS),
        published=json.dumps(leaderboards.published_names(config)),
        clone=str(HOME),
    shell:
        "{params.call} report.report --results results --datasets {params.datasets:q} "
        "--figures {params.figures:q} --broken {params.broken:q} --unchecked {params.unchecked:q} "
        "--bridge {input.bridge:q} --leaderboards {params.boards:q} --published {params.published:q} "
        "--agreed {input.agreed:q} --heard {input.heard:q} --search {input.search:q} --config {input.config:q} --rows {params.rows:q} --renderers {input.renderers:q} "
        "--clone {params.clone:q} --output {output:q} > {log:q} 2>&1"


rule record:
    """Record what the run was made with, digests of what came of it, and its scores; as RO-Crate, too."""
    input:
        script=scripts("report.record"),
        config=page.config_file(config),
        sounds=expand(
            "results/{dataset}/sounds/{file}", dataset=DATASETS, file=["parameters.csv", "audio.wav"]
        ),
        embeddings=of_models("results/{dataset}/embeddings/{model}.npy", dataset=DATASETS),
        facts=of_models("results/{dataset}/embeddings/{model}.json", dataset=DATASETS),
        scores=expand("results/{dataset}/scores.csv", dataset=DATASETS),
    output:
        record=fan_in.RECORD,
        crate="results/ro-crate-metadata.json",
        workflow="results/Snakefile",
    log:
        "logs/record.log",
    benchmark:
        "logs/record.tsv"
    threads: 1
    resources:
        mem_mb=500,
        runtime=30,
    params:
        call=snakemake_settings.DRIVER_CALL,
        datasets=DATASETS,
        environments=sorted({*ENVIRONMENTS}),
        clone=str(HOME),
    shell:
        "{params.call} report.record --results results --config {input.config:q} --datasets {params.datasets:q} "
        "--environments {params.environments:q} --clone {params.clone:q} --record {output.record:q} "
        "--crate {output.crate:q} --workflow {output.workflow:q} > {log:q} 2>&1"
