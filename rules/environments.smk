"""Environments: one per file of envs/ or inline list, built where it is first needed."""


localrules:
    environment,
    environments,


rule environment:
    """Build a virtual environment from its file (never needed under --sdm conda)."""
    input:
        script=scripts("environment"),
        spec=lambda wildcards: spec(wildcards.env),
        post_deploy=lambda wildcards: post_deploy(wildcards.env),
    output:
        lock="resources/environments/{env}/requirements.lock",
    log:
        "logs/environment/{env}.log",
    benchmark:
        "logs/environment/{env}.tsv"
    conda:
        lambda wildcards: None
    threads: 1
    resources:
        mem_mb=2000,
        runtime=60,
    params:
        python=sys.executable,
        prefix=lambda wildcards: f"resources/environments/{wildcards.env}",
    shell:
        "{params.python:q} {input.script[0]:q} --spec {input.spec:q} --prefix {params.prefix:q} "
        "--lock {output.lock:q} > {log:q} 2>&1"


rule environments:
    """Build every environment of the run ahead, for compute nodes without a network."""
    input:
        sum(
            [
                environment(env)
                for env in [
                    "analysis",
                    *map(environment_of, config["run"]["models"]),
                    *(DEFINITIONS[dataset]["synthesizer"] for dataset in DEFINITIONS if trainer(dataset)),
                ]
            ],
            [],
        ),
