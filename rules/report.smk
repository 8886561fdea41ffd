"""The report: one HTML file over all data sets."""


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
    conda:
        conda_spec("analysis")
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
        page=sorted(str(path) for path in (SCRIPTS / "report" / "page").rglob("*.*")),
        renderers=sorted({path for dataset in CLOUDS for path in datasets.renderer(DEFINITIONS[dataset])}),
        explored=expand("results/{dataset}/explore/{file}", dataset=CLOUDS, file=["clouds.json", "clips.bin"]),
        scores=expand("results/{dataset}/scores.csv", dataset=DATASETS),
        differences=expand("results/{dataset}/differences.csv", dataset=DATASETS),
        parameters=expand("results/{dataset}/sounds/parameters.csv", dataset=DATASETS),
        checks=expand(
            ["results/{dataset}/sounds/checks.csv", "results/{dataset}/figures/checks.png"],
            dataset=[dataset for dataset in DATASETS if not unchecked(PENDING, dataset)],
        ),
        figures=[
            f"results/{dataset}/figures/{figure}.png"
            for dataset in DATASETS
            for figure in figures_of(dataset)
        ],
        facts=of_models("results/{dataset}/embeddings/{model}.json", dataset=DATASETS),
    output:
        shown("results/report.html", caption("page"), "Comparison"),
    log:
        "logs/report.log",
    benchmark:
        "logs/report.tsv"
    conda:
        conda_spec("analysis")
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 1000 * attempt,
        runtime=lambda wildcards, attempt: 30 * attempt,
    params:
        call=call("analysis"),
        datasets=lambda wildcards: json.dumps({dataset: DEFINITIONS[dataset] for dataset in DATASETS}),
        unchecked=[
            f"{dataset}:{of_this_run(log_of('check_sounds', dataset))}"
            for dataset in DATASETS
            if unchecked(PENDING, dataset)
        ],
        broken=[f"{dataset}:{stage}:{log}" for dataset, (stage, log) in BROKEN.items()],
        digests=DIGESTS,
        rows=ROWS,
        deep=[dataset for dataset in DATASETS if "depth" in figures_of(dataset)],
        clone=str(HOME),
        config_digest=hashlib.sha256(json.dumps(config).encode()).hexdigest(),
    shell:
        "{params.call} report.report --results results --datasets {params.datasets:q} --broken {params.broken:q} "
        "--unchecked {params.unchecked:q} "
        "--config results/run_config.yaml --rows {params.rows:q} --deep {params.deep:q} --renderers {input.renderers:q} --clone {params.clone:q} "
        "--output {output:q} > {log:q} 2>&1"
