"""Analyses of one embedding: one neighbour search, then what reads it."""


rule neighbors:
    """Search the nearest neighbours of every sound once, for all analyses."""
    input:
        script=scripts("neighbors"),
        environment=environment("analysis"),
        embeddings="results/{dataset}/embeddings/{model}.npy",
    output:
        "results/{dataset}/neighbors/{model}.npz",
    log:
        "logs/neighbors/{dataset}/{model}.log",
    benchmark:
        "logs/neighbors/{dataset}/{model}.tsv"
    conda:
        conda_spec("analysis")
    threads: 2
    resources:
        mem_mb=2000,
        runtime=60,
    params:
        python=python("analysis"),
        K=largest_K,
        standardize=flag("--standardize", setting("standardize")),
    shell:
        "{params.python:q} {input.script[0]:q} --embeddings {input.embeddings:q} --K {params.K} "
        "{params.standardize} --output {output:q} > {log:q} 2>&1"


rule isomap:
    """Embed the neighbour graph in three dimensions."""
    input:
        script=scripts("isomap"),
        environment=environment("analysis"),
        embeddings="results/{dataset}/embeddings/{model}.npy",
        neighbors="results/{dataset}/neighbors/{model}.npz",
    output:
        coordinates="results/{dataset}/isomap/{model}.csv",
        bridges="results/{dataset}/isomap/{model}.bridges.csv",
        scores="results/{dataset}/isomap/{model}.scores.csv",
    log:
        "logs/isomap/{dataset}/{model}.log",
    benchmark:
        "logs/isomap/{dataset}/{model}.tsv"
    wildcard_constraints:
        model=r"[^/]+(?<!\.bridges)(?<!\.scores)",
    conda:
        conda_spec("analysis")
    threads: 2
    resources:
        mem_mb=2000,
        runtime=60,
    params:
        python=python("analysis"),
        K=setting("isomap", "K"),
        bridge=flag("--bridge", setting("isomap", "bridge")),
        standardize=flag("--standardize", setting("standardize")),
    shell:
        "{params.python:q} {input.script[0]:q} --embeddings {input.embeddings:q} "
        "--neighbors {input.neighbors:q} --model {wildcards.model:q} --K {params.K} {params.bridge} "
        "{params.standardize} --coordinates {output.coordinates:q} --bridges {output.bridges:q} "
        "--scores {output.scores:q} > {log:q} 2>&1"


rule knn:
    """Regress the factors from the nearest neighbours (Eq. 2 and 3)."""
    input:
        script=scripts("knn"),
        environment=environment("analysis"),
        parameters="results/{dataset}/sounds/parameters.csv",
        neighbors="results/{dataset}/neighbors/{model}.npz",
        reference="results/{dataset}/neighbors/reference.npz",
    output:
        estimates="results/{dataset}/knn/{model}.csv",
        scores="results/{dataset}/knn/{model}.scores.csv",
    log:
        "logs/knn/{dataset}/{model}.log",
    benchmark:
        "logs/knn/{dataset}/{model}.tsv"
    wildcard_constraints:
        model=r"[^/]+(?<!\.scores)",
    conda:
        conda_spec("analysis")
    threads: 1
    resources:
        mem_mb=2000,
        runtime=60,
    params:
        python=python("analysis"),
        factors=factors,
        K=setting("knn", "K"),
        include_self=flag("--include-self", setting("knn", "include_self")),
        shuffles=setting("shuffles"),
        bootstrap=setting("bootstrap"),
        seed=setting("seed"),
    shell:
        "{params.python:q} {input.script[0]:q} --parameters {input.parameters:q} "
        "--factors {params.factors:q} --neighbors {input.neighbors:q} --reference {input.reference:q} "
        "--model {wildcards.model:q} --K {params.K} {params.include_self} "
        "--shuffles {params.shuffles} --bootstrap {params.bootstrap} --seed {params.seed} "
        "--estimates {output.estimates:q} --scores {output.scores:q} > {log:q} 2>&1"
