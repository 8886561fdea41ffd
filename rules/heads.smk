"""Heads: shallow networks on top of rows, trained on the sounds of one data set, and their rows on all."""

HEADS = config["heads"]


wildcard_constraints:
    kind=any_of(HEADS["kinds"]),


rule head:
    """Train all heads of one kind on one row: every point of the grid, every seed; keep the best."""
    input:
        script=lambda wildcards: scripts("heads.train"),
        environment=environment("heads"),
        parameters="results/{dataset}/sounds/parameters.csv",
        embeddings="results/{dataset}/embeddings/{model}.npy",
        views=lambda wildcards: [
            f"results/{HEADS['views']}/embeddings/{wildcards.model}.npy"
            for _ in range(wildcards.kind == "contrastive")
        ],
    output:
        head="results/{dataset}/heads/{model}.{kind}.npz",
        points="results/{dataset}/heads/{model}.{kind}.csv",
    log:
        "logs/head/{dataset}/{model}.{kind}.log",
    benchmark:
        "logs/head/{dataset}/{model}.{kind}.tsv"
    wildcard_constraints:
        dataset=any_of([HEADS["of"]]),
        model=any_of(rows_with_heads(config)),
    priority: in_order
    threads: HEADS["threads"]
    resources:
        gpu=HEADS["gpu"],
        networks=1,
        mem_mb=lambda wildcards, attempt: HEADS["mem_mb"] * attempt,
        runtime=growing(240),
    params:
        call=call("heads"),
        factors=setting("factors"),
        grid=lambda wildcards: json.dumps(HEADS[wildcards.kind]),
        seeds=HEADS["seeds"],
        epochs=HEADS["epochs"],
        seed=setting("seed"),
        views=lambda wildcards, input: f"--views {shlex.quote(str(input.views))}" if input.views else "",
    shell:
        "{params.call} heads.train --embeddings {input.embeddings:q} --parameters {input.parameters:q} "
        "--factors {params.factors:q} {params.views} --model {wildcards.model:q} --kind {wildcards.kind} "
        "--grid {params.grid:q} --seeds {params.seeds} --seed {params.seed} --epochs {params.epochs} "
        "--head {output.head:q} --points {output.points:q} > {log:q} 2>&1"


rule head_row:
    """What the hidden layer of a head gives for the sounds of a data set, as a row of its own."""
    input:
        script=lambda wildcards: scripts("heads.apply"),
        environment=environment("analysis"),
        head=f"results/{HEADS['of']}/heads/{{model}}.{{kind}}.npz",
        embeddings="results/{dataset}/embeddings/{model}.npy",
        facts="results/{dataset}/embeddings/{model}.json",
    output:
        embeddings="results/{dataset}/embeddings/{model}.{kind}.npy",
        facts="results/{dataset}/embeddings/{model}.{kind}.json",
    log:
        "logs/head_row/{dataset}/{model}.{kind}.log",
    benchmark:
        "logs/head_row/{dataset}/{model}.{kind}.tsv"
    wildcard_constraints:
        model=any_of(rows_with_heads(config)),
    priority: in_order
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(30),
    params:
        call=call("analysis"),
    shell:
        "{params.call} heads.apply --embeddings {input.embeddings:q} --head {input.head:q} --facts {input.facts:q} "
        "--output {output.embeddings:q} --output-facts {output.facts:q} > {log:q} 2>&1"
