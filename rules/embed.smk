"""Embeddings: each model in its own environment, those made elsewhere, and the controls of every data set."""


rule embed:
    """Audit one model on a few sounds of a data set, then embed all of them."""
    input:
        script=lambda wildcards: scripts(
            "embed",
            config["models"][wildcards.model]["module"],
        ),
        environment=lambda wildcards: environment(environment_of(wildcards.model)),
        gate=lambda wildcards: gate(wildcards.dataset),
        parameters="results/{dataset}/sounds/parameters.csv",
        audio=lambda wildcards: audio(wildcards.model, wildcards.dataset),
        weights=lambda wildcards: config["models"][wildcards.model].get("weights", []),
    output:
        embeddings="results/{dataset}/embeddings/{model}.npy",
        facts="results/{dataset}/embeddings/{model}.json",
    log:
        "logs/embed/{dataset}/{model}.log",
    benchmark:
        "logs/embed/{dataset}/{model}.tsv"
    wildcard_constraints:
        model=rf"(?!({'|'.join([*CONTROLS, *PRECOMPUTED])})\.(npy|json)$)[^/]+",
    conda:
        lambda wildcards: conda_spec(environment_of(wildcards.model))
    threads: lambda wildcards: config["models"][wildcards.model].get("threads", 2)
    resources:
        gpu=entry("gpu", 0),
        networks=1,
        mem_mb=entry("mem_mb", 4000),
        runtime=240,
    params:
        python=lambda wildcards: python(environment_of(wildcards.model)),
        module=entry("module", None),
        sample_rate=entry("sample_rate", None),
        options=lambda wildcards: json.dumps(config["models"][wildcards.model].get("options", {})),
        weights=lambda wildcards: shlex.quote(config["models"][wildcards.model].get("weights", "")),
        initialization=entry("initialization", "pretrained"),
        network=lambda wildcards: shlex.quote(config["models"][wildcards.model].get("network", "")),
        seed=entry("seed", 0),
        batch_size=entry("batch_size", 32),
        licence=entry("licence", "unknown"),
    shell:
        "{params.python:q} {input.script[0]:q} --audio {input.audio:q} --parameters {input.parameters:q} "
        "--model {wildcards.model:q} --module {params.module:q} --sample-rate {params.sample_rate} --weights {params.weights} "
        "--options {params.options:q} --initialization {params.initialization} "
        "--network {params.network} --seed {params.seed} --batch-size {params.batch_size} "
        "--licence {params.licence:q} --embeddings {output.embeddings:q} --facts {output.facts:q} "
        "> {log:q} 2>&1"


rule adopt:
    """Take embeddings that were computed elsewhere (`module: precomputed`)."""
    input:
        script=scripts("adopt"),
        environment=environment("analysis"),
        parameters="results/{dataset}/sounds/parameters.csv",
        source=lambda wildcards: config["models"][wildcards.model]["embeddings"].replace(
            "{dataset}", wildcards.dataset
        ),
    output:
        embeddings="results/{dataset}/embeddings/{model}.npy",
        facts="results/{dataset}/embeddings/{model}.json",
    log:
        "logs/adopt/{dataset}/{model}.log",
    benchmark:
        "logs/adopt/{dataset}/{model}.tsv"
    wildcard_constraints:
        model="|".join(PRECOMPUTED) or "(?!)",
    conda:
        conda_spec("analysis")
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        python=python("analysis"),
        licence=entry("licence", "unknown"),
    shell:
        "{params.python:q} {input.script[0]:q} --source {input.source:q} --parameters {input.parameters:q} "
        "--licence {params.licence:q} --embeddings {output.embeddings:q} --facts {output.facts:q} > {log:q} 2>&1"


rule control:
    """Write an embedding that knows nothing (chance) or exactly the factors (reference)."""
    input:
        script=scripts("control"),
        environment=environment("analysis"),
        parameters="results/{dataset}/sounds/parameters.csv",
    output:
        embeddings="results/{dataset}/embeddings/{control}.npy",
        facts="results/{dataset}/embeddings/{control}.json",
    log:
        "logs/control/{dataset}/{control}.log",
    benchmark:
        "logs/control/{dataset}/{control}.tsv"
    wildcard_constraints:
        control="|".join(CONTROLS),
    conda:
        conda_spec("analysis")
    threads: 1
    resources:
        mem_mb=1000,
        runtime=30,
    params:
        python=python("analysis"),
        factors=factors,
        seed=setting("seed"),
    shell:
        "{params.python:q} {input.script[0]:q} --parameters {input.parameters:q} "
        "--factors {params.factors:q} --control {wildcards.control} --seed {params.seed} "
        "--embeddings {output.embeddings:q} --facts {output.facts:q} > {log:q} 2>&1"
