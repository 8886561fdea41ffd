"""What models need: environments, one per file of envs/ or inline list, and weights files."""

ENVIRONMENTS = [  # of the run
    "analysis",
    *(["weights"] if WEIGHTS else []),
    *(["heads"] if "heads" in config else []),
    *(environment_of(config["models"][model]) for model in config["run"]["models"]),
    *map(environment_of, WORKPLACES),
    *(entry["synthesizer"] for entry in DEFINITIONS.values() if trainer(entry)),
]


localrules:
    environment,
    environments,
    fetch,
    weights,


rule environment:
    """Build an environment from its file: with venv and pip, or with conda under --sdm conda."""
    input:
        script=scripts("environments.environment"),
        spec=lambda wildcards: spec(wildcards.env),
        post_deploy=lambda wildcards: post_deploy(wildcards.env),
        local=lambda wildcards: local(wildcards.env),
    output:
        lock="resources/environments/{env}/requirements.lock",
    log:
        "logs/environment/{env}.log",
    benchmark:
        "logs/environment/{env}.tsv"
    priority: 2
    threads: 1
    resources:
        mem_mb=2000,
        runtime=60,
    params:
        call=snakemake_settings.DRIVER_CALL,
        prefix=lambda wildcards: f"resources/environments/{wildcards.env}",
        conda="--conda" if CONDA else "",
    shell:
        "{params.call} environments.environment --spec {input.spec:q} --prefix {params.prefix:q} "
        "--lock {output.lock:q} {params.conda} > {log:q} 2>&1"


rule environments:
    """Build every environment of the run ahead, for compute nodes without a network."""
    input:
        sum(map(environment, ENVIRONMENTS), []),


rule fetch:
    """Have one weights file, or the files of one hub model, in the cache, and check the digests."""
    input:
        script=ancient(scripts("environments.fetch")),
        environment=ancient(environment("weights")),
    output:
        receipt="resources/receipts/{file}.json",
    log:
        "logs/fetch/{file}.log",
    benchmark:
        "logs/fetch/{file}.tsv"
    wildcard_constraints:
        file=any_of(WEIGHTS),
    threads: 1
    resources:
        mem_mb=1000,
        runtime=240,
    params:
        call=call("weights"),
        wanted=lambda wildcards: json.dumps(WEIGHTS[wildcards.file]),
    shell:
        "{params.call} environments.fetch --wanted {params.wanted:q} --name {wildcards.file:q} "
        "--receipt {output.receipt:q} > {log:q} 2>&1"


rule weights:
    """Fetch all weights of the run ahead, for compute nodes without a network."""
    input:
        expand("resources/receipts/{file}.json", file=WEIGHTS),
