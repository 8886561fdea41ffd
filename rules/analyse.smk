"""Analyses of one embedding: the neighbour search, then a rule for each file of analyse/ that declares one."""

SEARCH = declared(SCRIPTS / "analyse" / "neighbors.py", "SEARCH")


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
    priority: in_order
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(60),
    params:
        call=call("analysis"),
        # one search serves every analysis and the sweep of K up to its double
        K=lambda wildcards: max(largest_K(wildcards), 2 * setting("isomap.K")(wildcards)),
        settings=declared_settings(SEARCH),
        arguments=declared_arguments(SEARCH),
    shell:
        "{params.call} analyse.neighbors {params.arguments} --K {params.K} > {log:q} 2>&1"


for analysis, table in ANALYSES.items():

    rule:
        name:
            analysis
        input:
            **inputs_of(table, ANALYSES),
            script=scripts(f"analyse.{analysis}"),
            environment=environment("analysis"),
        output:
            **shown_outputs(analysis, table),
        log:
            f"logs/{analysis}/{{dataset}}/{{model}}.log",
        benchmark:
            f"logs/{analysis}/{{dataset}}/{{model}}.tsv"
        wildcard_constraints:
            model=model_constraint(table),
        priority: in_order
        threads: 1
        resources:
            mem_mb=growing(table.get("mem_mb", 2000)),
            runtime=growing(60),
        params:
            call=call("analysis"),
            script=f"analyse.{analysis}",
            settings=declared_settings(table),
            arguments=declared_arguments(table),
        shell:
            # The same words for every rule of the loop: Snakemake reads them anew when a job starts.
            "{params.call} {params.script} {params.arguments} > {log:q} 2>&1"
