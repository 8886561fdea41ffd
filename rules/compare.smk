"""Fan-in: the table of scores and Figures 2 to 4 of each data set, over all models."""


rule compare:
    """Gather the scores of every analysis and model, and tell which differences between models are real."""
    input:
        script=scripts("compare.compare"),
        environment=environment("analysis"),
        scores=all_scores("csv"),
        replicates=all_scores("npy"),
    output:
        scores=shown("results/{dataset}/scores.csv", "scores", "Tables"),
        differences=shown("results/{dataset}/differences.csv", "differences", "Tables"),
    log:
        "logs/compare/{dataset}.log",
    benchmark:
        "logs/compare/{dataset}.tsv"
    conda:
        conda_spec("analysis")
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(30),
    params:
        python=python("analysis"),
        # names, not paths: of hundreds of models the paths would be longer than a command may be
        analyses=lambda wildcards: analyses_of(wildcards.dataset),
        models=[*ROWS, *CONTROLS],
        without=unscored,
        failed=failures,
        digests=digests,
    shell:
        "{params.python:q} {SCRIPTS:q} compare.compare --results results/{wildcards.dataset} "
        "--analyses {params.analyses:q} --models {params.models:q} --without {params.without:q} "
        "--failed {params.failed:q} --output {output.scores:q} --differences {output.differences:q} > {log:q} 2>&1"


rule draw_sounds:
    """Figure 2: waveforms and spectra of 25 sounds."""
    input:
        script=scripts("compare.draw_sounds"),
        environment=environment("analysis"),
        parameters="results/{dataset}/sounds/parameters.csv",
        audio="results/{dataset}/sounds/audio.wav",
    output:
        png=shown("results/{dataset}/figures/sounds.png", "sounds", "Figures"),
        pdf="results/{dataset}/figures/sounds.pdf",
    log:
        "logs/draw_sounds/{dataset}.log",
    benchmark:
        "logs/draw_sounds/{dataset}.tsv"
    conda:
        conda_spec("analysis")
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(30),
    params:
        python=python("analysis"),
        factors=factors,
    shell:
        "{params.python:q} {SCRIPTS:q} compare.draw_sounds --parameters {input.parameters:q} "
        "--audio {input.audio:q} --factors {params.factors:q} --output {output:q} > {log:q} 2>&1"


rule draw_isomap:
    """Figure 3: the Isomap cloud of each model, coloured by each factor."""
    input:
        script=scripts("compare.draw_isomap"),
        environment=environment("analysis"),
        parameters="results/{dataset}/sounds/parameters.csv",
        coordinates=per_model(
            "results/{dataset}/isomap/{model}.csv", "results/{dataset}/trust/{model}.scores.csv"
        ),
        bridges=per_model(
            "results/{dataset}/isomap/{model}.bridges.csv", "results/{dataset}/trust/{model}.scores.csv"
        ),
        stamps=per_model("results/{dataset}/trust/{model}.scores.csv", "results/{dataset}/isomap/{model}.csv"),
    output:
        png=shown("results/{dataset}/figures/isomap.png", "isomap", "Figures"),
        pdf="results/{dataset}/figures/isomap.pdf",
    log:
        "logs/draw_isomap/{dataset}.log",
    benchmark:
        "logs/draw_isomap/{dataset}.tsv"
    conda:
        conda_spec("analysis")
    threads: 1
    resources:
        # a PDF keeps in memory what it draws, some 30 MB a model; of several pages (40 models each) only pictures
        mem_mb=lambda wildcards, attempt: (2000 + 30 * min(len(ROWS), 40)) * attempt,
        runtime=growing(30),
    params:
        python=python("analysis"),
        factors=factors,
        K=setting("isomap", "K"),
    shell:
        "{params.python:q} {SCRIPTS:q} compare.draw_isomap --parameters {input.parameters:q} "
        "--coordinates {input.coordinates:q} --bridges {input.bridges:q} --stamps {input.stamps:q} "
        "--factors {params.factors:q} --K {params.K} --output {output:q} > {log:q} 2>&1"


rule draw_knn:
    """Figure 4: how far each model's neighbours miss each factor."""
    input:
        script=scripts("compare.draw_knn"),
        environment=environment("analysis"),
        estimates=per_model("results/{dataset}/knn/{model}.csv"),
    output:
        png=shown("results/{dataset}/figures/knn.png", "knn", "Figures"),
        pdf="results/{dataset}/figures/knn.pdf",
    log:
        "logs/draw_knn/{dataset}.log",
    benchmark:
        "logs/draw_knn/{dataset}.tsv"
    conda:
        conda_spec("analysis")
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(30),
    params:
        python=python("analysis"),
        factors=factors,
        K=setting("knn", "K"),
        include_self=flag("--include-self", setting("knn", "include_self")),
    shell:
        "{params.python:q} {SCRIPTS:q} compare.draw_knn --estimates {input.estimates:q} "
        "--factors {params.factors:q} --K {params.K} {params.include_self} --output {output:q} "
        "> {log:q} 2>&1"


rule draw_subspaces:
    """How much of each factor the probe of each other carries, of every model."""
    input:
        script=scripts("compare.draw_subspaces"),
        environment=environment("analysis"),
        scores=per_model("results/{dataset}/subspaces/{model}.scores.csv"),
    output:
        png=shown("results/{dataset}/figures/subspaces.png", "subspaces", "Figures"),
        pdf="results/{dataset}/figures/subspaces.pdf",
    log:
        "logs/draw_subspaces/{dataset}.log",
    benchmark:
        "logs/draw_subspaces/{dataset}.tsv"
    conda:
        conda_spec("analysis")
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(30),
    params:
        python=python("analysis"),
        factors=factors,
    shell:
        "{params.python:q} {SCRIPTS:q} compare.draw_subspaces --scores {input.scores:q} --factors {params.factors:q} "
        "--output {output:q} > {log:q} 2>&1"


rule draw_threshold:
    """Thresholds of every model beside listeners', with the psychometric functions behind them."""
    input:
        script=scripts("compare.draw_threshold"),
        environment=environment("analysis"),
        scores=per_model("results/{dataset}/threshold/{model}.scores.csv"),
        estimates=per_model("results/{dataset}/threshold/{model}.csv"),
    output:
        png=shown("results/{dataset}/figures/threshold.png", "threshold", "Figures"),
        pdf="results/{dataset}/figures/threshold.pdf",
    log:
        "logs/draw_threshold/{dataset}.log",
    benchmark:
        "logs/draw_threshold/{dataset}.tsv"
    conda:
        conda_spec("analysis")
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(30),
    params:
        python=python("analysis"),
        factors=factors,
    shell:
        "{params.python:q} {SCRIPTS:q} compare.draw_threshold --scores {input.scores:q} --estimates {input.estimates:q} "
        "--factors {params.factors:q} --output {output:q} > {log:q} 2>&1"


rule draw_depth:
    """What each layer of the models with layers carries of each factor."""
    input:
        script=scripts("compare.draw_depth"),
        environment=environment("analysis"),
        scores="results/{dataset}/scores.csv",
    output:
        png=shown("results/{dataset}/figures/depth.png", "depth", "Figures"),
        pdf="results/{dataset}/figures/depth.pdf",
    log:
        "logs/draw_depth/{dataset}.log",
    benchmark:
        "logs/draw_depth/{dataset}.tsv"
    conda:
        conda_spec("analysis")
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(30),
    params:
        python=python("analysis"),
        factors=factors,
        models=lambda wildcards: deep(wildcards.dataset),
    shell:
        "{params.python:q} {SCRIPTS:q} compare.draw_depth --scores {input.scores:q} --models {params.models:q} "
        "--factors {params.factors:q} --output {output:q} > {log:q} 2>&1"
