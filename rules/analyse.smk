"""Analyses of one embedding: of a cloud of sounds, one neighbour search and what reads it; of a ladder."""


rule neighbors:
    """Search the nearest neighbours of every sound once, for all analyses."""
    input:
        script=scripts("analyse.neighbors"),
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
        mem_mb=growing(2000),
        runtime=growing(60),
    params:
        python=python("analysis"),
        K=searched_K,
        standardize=flag("--standardize", setting("standardize")),
    shell:
        "{params.python:q} {SCRIPTS:q} analyse.neighbors --embeddings {input.embeddings:q} --K {params.K} "
        "{params.standardize} --output {output:q} > {log:q} 2>&1"


rule isomap:
    """Embed the neighbour graph in three dimensions."""
    input:
        script=scripts("analyse.isomap"),
        environment=environment("analysis"),
        embeddings="results/{dataset}/embeddings/{model}.npy",
        neighbors="results/{dataset}/neighbors/{model}.npz",
    output:
        coordinates="results/{dataset}/isomap/{model}.csv",
        bridges="results/{dataset}/isomap/{model}.bridges.csv",
        scores="results/{dataset}/isomap/{model}.scores.csv",
        replicates="results/{dataset}/isomap/{model}.scores.npy",
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
        mem_mb=growing(2000),
        runtime=growing(60),
    params:
        python=python("analysis"),
        K=setting("isomap", "K"),
        bridge=flag("--bridge", setting("isomap", "bridge")),
        standardize=flag("--standardize", setting("standardize")),
    shell:
        "{params.python:q} {SCRIPTS:q} analyse.isomap --embeddings {input.embeddings:q} "
        "--neighbors {input.neighbors:q} --model {wildcards.model:q} --K {params.K} {params.bridge} "
        "{params.standardize} --coordinates {output.coordinates:q} --bridges {output.bridges:q} "
        "--scores {output.scores:q} > {log:q} 2>&1"


rule trust:
    """Whether the Isomap picture can be trusted: over K, over subsamples, beside other methods."""
    input:
        script=scripts("analyse.trust"),
        environment=environment("analysis"),
        embeddings="results/{dataset}/embeddings/{model}.npy",
        neighbors="results/{dataset}/neighbors/{model}.npz",
    output:
        sweep="results/{dataset}/trust/{model}.csv",
        figure=shown("results/{dataset}/trust/{model}.png", "trust", "Trust", model="{model}"),
        scores="results/{dataset}/trust/{model}.scores.csv",
        replicates="results/{dataset}/trust/{model}.scores.npy",
    log:
        "logs/trust/{dataset}/{model}.log",
    benchmark:
        "logs/trust/{dataset}/{model}.tsv"
    wildcard_constraints:
        model=r"[^/]+(?<!\.scores)",
    conda:
        conda_spec("analysis")
    threads: 2
    resources:
        mem_mb=growing(2000),
        runtime=growing(60),
    params:
        python=python("analysis"),
        K=setting("isomap", "K"),
        bridge=flag("--bridge", setting("isomap", "bridge")),
        standardize=flag("--standardize", setting("standardize")),
        seed=setting("seed"),
    shell:
        "{params.python:q} {SCRIPTS:q} analyse.trust --embeddings {input.embeddings:q} "
        "--neighbors {input.neighbors:q} --model {wildcards.model:q} --K {params.K} {params.bridge} "
        "{params.standardize} --seed {params.seed} --sweep {output.sweep:q} --scores {output.scores:q} "
        "--figure {output.figure:q} > {log:q} 2>&1"


rule knn:
    """Regress the factors from the nearest neighbours (Eq. 2 and 3)."""
    input:
        script=scripts("analyse.knn"),
        environment=environment("analysis"),
        parameters="results/{dataset}/sounds/parameters.csv",
        neighbors="results/{dataset}/neighbors/{model}.npz",
    output:
        estimates="results/{dataset}/knn/{model}.csv",
        scores="results/{dataset}/knn/{model}.scores.csv",
        replicates="results/{dataset}/knn/{model}.scores.npy",
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
        mem_mb=growing(2000),
        runtime=growing(60),
    params:
        python=python("analysis"),
        factors=factors,
        K=setting("knn", "K"),
        include_self=flag("--include-self", setting("knn", "include_self")),
        shuffles=setting("shuffles"),
        bootstrap=setting("bootstrap"),
        seed=setting("seed"),
    shell:
        "{params.python:q} {SCRIPTS:q} analyse.knn --parameters {input.parameters:q} "
        "--factors {params.factors:q} --neighbors {input.neighbors:q} --model {wildcards.model:q} "
        "--K {params.K} {params.include_self} "
        "--shuffles {params.shuffles} --bootstrap {params.bootstrap} --seed {params.seed} "
        "--estimates {output.estimates:q} --scores {output.scores:q} > {log:q} 2>&1"


rule hypothesis:
    """Smooth, perpendicular, dense? The paper's core hypothesis on the Isomap cloud."""
    input:
        script=scripts("analyse.hypothesis"),
        environment=environment("analysis"),
        parameters="results/{dataset}/sounds/parameters.csv",
        coordinates="results/{dataset}/isomap/{model}.csv",
        bridges="results/{dataset}/isomap/{model}.bridges.csv",
    output:
        scores="results/{dataset}/hypothesis/{model}.scores.csv",
        replicates="results/{dataset}/hypothesis/{model}.scores.npy",
    log:
        "logs/hypothesis/{dataset}/{model}.log",
    benchmark:
        "logs/hypothesis/{dataset}/{model}.tsv"
    conda:
        conda_spec("analysis")
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(60),
    params:
        python=python("analysis"),
        factors=factors,
        shuffles=setting("shuffles"),
        bootstrap=setting("bootstrap"),
        seed=setting("seed"),
    shell:
        "{params.python:q} {SCRIPTS:q} analyse.hypothesis --parameters {input.parameters:q} --factors {params.factors:q} "
        "--coordinates {input.coordinates:q} --bridges {input.bridges:q} --model {wildcards.model:q} "
        "--shuffles {params.shuffles} --bootstrap {params.bootstrap} --seed {params.seed} "
        "--scores {output.scores:q} > {log:q} 2>&1"


rule subspaces:
    """Global disentanglement whatever the axes: probes, leakage, angles of main effects."""
    input:
        script=scripts("analyse.subspaces"),
        environment=environment("analysis"),
        parameters="results/{dataset}/sounds/parameters.csv",
        embeddings="results/{dataset}/embeddings/{model}.npy",
    output:
        scores="results/{dataset}/subspaces/{model}.scores.csv",
        replicates="results/{dataset}/subspaces/{model}.scores.npy",
    log:
        "logs/subspaces/{dataset}/{model}.log",
    benchmark:
        "logs/subspaces/{dataset}/{model}.tsv"
    conda:
        conda_spec("analysis")
    threads: 2
    resources:
        mem_mb=growing(2000),
        runtime=growing(60),
    params:
        python=python("analysis"),
        factors=factors,
        standardize=flag("--standardize", setting("standardize")),
        shuffles=setting("shuffles"),
        bootstrap=setting("bootstrap"),
        seed=setting("seed"),
    shell:
        "{params.python:q} {SCRIPTS:q} analyse.subspaces --parameters {input.parameters:q} --factors {params.factors:q} "
        "--embeddings {input.embeddings:q} {params.standardize} --model {wildcards.model:q} "
        "--shuffles {params.shuffles} --bootstrap {params.bootstrap} --seed {params.seed} "
        "--scores {output.scores:q} > {log:q} 2>&1"


rule axes:
    """Disentanglement along the embedding's own axes: DCI, SAP, MIG, modularity."""
    input:
        script=scripts("analyse.axes"),
        environment=environment("analysis"),
        parameters="results/{dataset}/sounds/parameters.csv",
        embeddings="results/{dataset}/embeddings/{model}.npy",
    output:
        scores="results/{dataset}/axes/{model}.scores.csv",
        replicates="results/{dataset}/axes/{model}.scores.npy",
    log:
        "logs/axes/{dataset}/{model}.log",
    benchmark:
        "logs/axes/{dataset}/{model}.tsv"
    conda:
        conda_spec("analysis")
    threads: 2
    resources:
        mem_mb=growing(2000),
        runtime=growing(60),
    params:
        python=python("analysis"),
        factors=factors,
        shuffles=setting("shuffles"),
        bootstrap=setting("bootstrap"),
        seed=setting("seed"),
    shell:
        "{params.python:q} {SCRIPTS:q} analyse.axes --parameters {input.parameters:q} --factors {params.factors:q} "
        "--embeddings {input.embeddings:q} --model {wildcards.model:q} --shuffles {params.shuffles} "
        "--bootstrap {params.bootstrap} --seed {params.seed} --scores {output.scores:q} > {log:q} 2>&1"


rule invariance:
    """How little the embedding moves with each factor and nuisance."""
    input:
        script=scripts("analyse.invariance"),
        environment=environment("analysis"),
        parameters="results/{dataset}/sounds/parameters.csv",
        embeddings="results/{dataset}/embeddings/{model}.npy",
    output:
        scores="results/{dataset}/invariance/{model}.scores.csv",
        replicates="results/{dataset}/invariance/{model}.scores.npy",
    log:
        "logs/invariance/{dataset}/{model}.log",
    benchmark:
        "logs/invariance/{dataset}/{model}.tsv"
    conda:
        conda_spec("analysis")
    threads: 2
    resources:
        mem_mb=growing(2000),
        runtime=growing(60),
    params:
        python=python("analysis"),
        factors=factors,
        nuisances=nuisances,
        standardize=flag("--standardize", setting("standardize")),
        shuffles=setting("shuffles"),
        bootstrap=setting("bootstrap"),
        seed=setting("seed"),
    shell:
        "{params.python:q} {SCRIPTS:q} analyse.invariance --parameters {input.parameters:q} --factors {params.factors:q} "
        "--nuisances {params.nuisances:q} --embeddings {input.embeddings:q} {params.standardize} "
        "--model {wildcards.model:q} --shuffles {params.shuffles} --bootstrap {params.bootstrap} "
        "--seed {params.seed} --scores {output.scores:q} > {log:q} 2>&1"


rule topology:
    """Pieces, clusters, loops and dimension of the neighbour graph."""
    input:
        script=scripts("analyse.topology"),
        environment=environment("analysis"),
        neighbors="results/{dataset}/neighbors/{model}.npz",
    output:
        scores="results/{dataset}/topology/{model}.scores.csv",
        replicates="results/{dataset}/topology/{model}.scores.npy",
    log:
        "logs/topology/{dataset}/{model}.log",
    benchmark:
        "logs/topology/{dataset}/{model}.tsv"
    conda:
        conda_spec("analysis")
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(60),
    params:
        python=python("analysis"),
        K=setting("isomap", "K"),
        seed=setting("seed"),
    shell:
        "{params.python:q} {SCRIPTS:q} analyse.topology --neighbors {input.neighbors:q} --K {params.K} "
        "--model {wildcards.model:q} --seed {params.seed} --scores {output.scores:q} > {log:q} 2>&1"


rule sensitivity:
    """How far a just-noticeable difference of each factor moves the embedding, and where to."""
    input:
        script=scripts("analyse.sensitivity"),
        environment=environment("analysis"),
        parameters="results/{dataset}/sounds/parameters.csv",
        embeddings="results/{dataset}/embeddings/{model}.npy",
    output:
        scores="results/{dataset}/sensitivity/{model}.scores.csv",
        replicates="results/{dataset}/sensitivity/{model}.scores.npy",
    log:
        "logs/sensitivity/{dataset}/{model}.log",
    benchmark:
        "logs/sensitivity/{dataset}/{model}.tsv"
    conda:
        conda_spec("analysis")
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(60),
    params:
        python=python("analysis"),
        factors=factors,
        standardize=flag("--standardize", setting("standardize")),
        shuffles=setting("shuffles"),
        bootstrap=setting("bootstrap"),
        seed=setting("seed"),
    shell:
        "{params.python:q} {SCRIPTS:q} analyse.sensitivity --parameters {input.parameters:q} --factors {params.factors:q} "
        "--embeddings {input.embeddings:q} {params.standardize} --model {wildcards.model:q} "
        "--shuffles {params.shuffles} --bootstrap {params.bootstrap} --seed {params.seed} "
        "--scores {output.scores:q} > {log:q} 2>&1"


rule threshold:
    """The step of each factor that an observer of the embedding just tells, beside listeners'."""
    input:
        script=scripts("analyse.threshold"),
        environment=environment("analysis"),
        parameters="results/{dataset}/sounds/parameters.csv",
        embeddings="results/{dataset}/embeddings/{model}.npy",
    output:
        scores="results/{dataset}/threshold/{model}.scores.csv",
        replicates="results/{dataset}/threshold/{model}.scores.npy",
        estimates="results/{dataset}/threshold/{model}.csv",
    log:
        "logs/threshold/{dataset}/{model}.log",
    benchmark:
        "logs/threshold/{dataset}/{model}.tsv"
    wildcard_constraints:
        model=r"[^/]+(?<!\.scores)",
    conda:
        conda_spec("analysis")
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(60),
    params:
        python=python("analysis"),
        factors=factors,
        standardize=flag("--standardize", setting("standardize")),
        shuffles=setting("shuffles"),
        bootstrap=setting("bootstrap"),
        seed=setting("seed"),
    shell:
        "{params.python:q} {SCRIPTS:q} analyse.threshold --parameters {input.parameters:q} --factors {params.factors:q} "
        "--embeddings {input.embeddings:q} {params.standardize} --model {wildcards.model:q} "
        "--shuffles {params.shuffles} --bootstrap {params.bootstrap} --seed {params.seed} "
        "--scores {output.scores:q} --estimates {output.estimates:q} > {log:q} 2>&1"
