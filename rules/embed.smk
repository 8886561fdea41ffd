"""Embeddings: each model in its own environment, those made elsewhere, and the controls of every data set."""

from planning.models import array_of, rows_without_heads


localrules:
    layer,


# The caps of profiles/default limit the jobs that run on this machine at the same time, not those that a
# cluster's scheduler places on its nodes.
resource_scopes:
    gpu="local",
    networks="local",


rule embed:
    """Audit one model on a few sounds of a data set, then embed all of them."""
    input:
        script=lambda wildcards: scripts("embed.confined", "embed.embed", model_entry(wildcards)["module"]),
        environment=lambda wildcards: environment(environment_of(model_entry(wildcards))),
        gate=gate,
        parameters="results/{dataset}/sounds/parameters.csv",
        audio=audio,
        weights=lambda wildcards: receipts(model_entry(wildcards)),
    output:
        embeddings="results/{dataset}/embeddings/{model}.npy",
        facts="results/{dataset}/embeddings/{model}.json",
    log:
        "logs/embed/{dataset}/{model}.log",
    benchmark:
        "logs/embed/{dataset}/{model}.tsv"
    wildcard_constraints:
        dataset=any_of(UNSHARDED),
        model=any_of(MODELS_WITHOUT_LAYERS),
    priority: in_order
    threads: entry("threads")
    resources:
        gpu=entry("gpu"),
        networks=1,
        mem_mb=lambda wildcards, attempt: entry("mem_mb")(wildcards) * attempt,
        timeout=minutes,
        runtime=lambda wildcards, attempt: minutes(wildcards, attempt) + 5,
    params:
        confined=f"{snakemake_settings.DRIVER_CALL} embed.confined",
        reads=lambda wildcards: environments.read_by(model_entry(wildcards)),
        internet=flag("--internet", entry("internet")),
        call=lambda wildcards: call(environment_of(model_entry(wildcards))),
        module=entry("module"),
        sample_rate=entry("sample_rate"),
        options=lambda wildcards: json.dumps(entry("options")(wildcards)),
        embedding_size=entry("embedding_size"),
        weights=lambda wildcards: json.dumps(weights_to_place(model_entry(wildcards))),
        trust_pickle=flag("--trust-pickle", entry("trust_pickle")),
        trust_code=flag("--trust-code", entry("trust_code")),
        initialization=entry("initialization"),
        network=lambda wildcards: shlex.quote(model_entry(wildcards).get("network", "")),
        seed=entry("seed"),
        precision=entry("precision"),
        batch_size=entry("batch_size"),
        task=entry("task"),
        training_data=entry("training_data"),
        licence=entry("licence"),
        pooling=lambda wildcards: poolings_of(model_entry(wildcards)),
        hop=entry("hop"),
        layers=lambda wildcards: json.dumps(dict(layers_of(model_entry(wildcards)))),
        layers_folder="",
        shard="",
    shell:
        "{params.confined} --model {wildcards.model:q} --outputs {output:q} "
        "--reads {input.audio:q} {input.parameters:q} {input.weights:q} {params.reads:q} "
        "--minutes {resources.timeout} --memory-mb {resources.mem_mb} {params.internet} -- "
        "{params.call} embed.embed --audio {input.audio:q} --parameters {input.parameters:q} "
        "{params.shard} --model {wildcards.model:q} --module {params.module:q} --sample-rate {params.sample_rate} "
        "--embedding-size {params.embedding_size} --weights {params.weights:q} {params.trust_pickle} "
        "{params.trust_code} --options {params.options:q} --pooling {params.pooling} --hop {params.hop} "
        "--layers {params.layers:q} {params.layers_folder} "
        "--initialization {params.initialization} "
        "--network {params.network} --seed {params.seed} --precision {params.precision} "
        "--batch-size {params.batch_size} --memory-mb {resources.mem_mb} "
        "--task {params.task:q} --training-data {params.training_data:q} --licence {params.licence:q} "
        "--embeddings {output.embeddings:q} --facts {output.facts:q} "
        "> {log:q} 2>&1"


use rule embed as embed_layers with:
    output:
        embeddings="results/{dataset}/embeddings/{model}.npy",
        facts="results/{dataset}/embeddings/{model}.json",
        layers=directory("results/{dataset}/layers/{model}"),
    wildcard_constraints:
        dataset=any_of(UNSHARDED),
        model=any_of(LAYERED),
    params:
        layers_folder="--layers-folder results/{dataset}/layers/{model}",


use rule embed as embed_shard with:
    output:
        embeddings=temp("results/{dataset}/shards/{model}/{shard}.npy"),
        facts=temp("results/{dataset}/shards/{model}/{shard}.json"),
    log:
        "logs/embed/{dataset}/{model}/{shard}.log",
    benchmark:
        "logs/embed/{dataset}/{model}/{shard}.tsv"
    wildcard_constraints:
        dataset=any_of(SHARDS),
        model=any_of(MODELS_WITHOUT_LAYERS),
    params:
        shard=shard,


use rule embed as embed_shard_layers with:
    output:
        embeddings=temp("results/{dataset}/shards/{model}/{shard}.npy"),
        facts=temp("results/{dataset}/shards/{model}/{shard}.json"),
        layers=temp(directory("results/{dataset}/shards/{model}/{shard}.layers")),
    log:
        "logs/embed/{dataset}/{model}/{shard}.log",
    benchmark:
        "logs/embed/{dataset}/{model}/{shard}.tsv"
    wildcard_constraints:
        dataset=any_of(SHARDS),
        model=any_of(LAYERED),
    params:
        shard=shard,
        layers_folder="--layers-folder results/{dataset}/shards/{model}/{shard}.layers",


rule gather:
    """Put the embeddings of the shards of a data set together, one in memory at a time."""
    input:
        script=scripts("embed.gather"),
        environment=environment("analysis"),
        parameters="results/{dataset}/sounds/parameters.csv",
        parts=of_shards("results/{dataset}/shards/{model}/{shard}.npy"),
        facts=of_shards("results/{dataset}/shards/{model}/{shard}.json"),
        layers=[],
    output:
        embeddings="results/{dataset}/embeddings/{model}.npy",
        facts="results/{dataset}/embeddings/{model}.json",
    log:
        "logs/gather/{dataset}/{model}.log",
    benchmark:
        "logs/gather/{dataset}/{model}.tsv"
    wildcard_constraints:
        dataset=any_of(SHARDS),
        model=any_of(MODELS_WITHOUT_LAYERS),
    priority: in_order
    threads: 1
    resources:
        mem_mb=1000,
        runtime=growing(60),
    params:
        call=call("analysis"),
        layers_folder="",
    shell:
        "{params.call} embed.gather --parts {input.parts:q} --facts {input.facts:q} "
        "--parameters {input.parameters:q} --layers {input.layers:q} {params.layers_folder} --embeddings {output.embeddings:q} "
        "--joined-facts {output.facts:q} > {log:q} 2>&1"


use rule gather as gather_layers with:
    input:
        script=scripts("embed.gather"),
        environment=environment("analysis"),
        parameters="results/{dataset}/sounds/parameters.csv",
        parts=of_shards("results/{dataset}/shards/{model}/{shard}.npy"),
        facts=of_shards("results/{dataset}/shards/{model}/{shard}.json"),
        layers=of_shards("results/{dataset}/shards/{model}/{shard}.layers"),
    output:
        embeddings="results/{dataset}/embeddings/{model}.npy",
        facts="results/{dataset}/embeddings/{model}.json",
        layers=directory("results/{dataset}/layers/{model}"),
    wildcard_constraints:
        dataset=any_of(SHARDS),
        model=any_of(LAYERED),
    params:
        layers_folder="--layers-folder results/{dataset}/layers/{model}",


rule layer:
    """Take one layer or pooling out of what a model gave in one pass, as a row of its own."""
    input:
        "results/{dataset}/layers/{model}",
    output:
        embeddings="results/{dataset}/embeddings/{model}.{layer}.npy",
        facts="results/{dataset}/embeddings/{model}.{layer}.json",
    log:
        "logs/layer/{dataset}/{model}.{layer}.log",
    benchmark:
        "logs/layer/{dataset}/{model}.{layer}.tsv"
    wildcard_constraints:
        model=any_of(LAYERED),
        layer=any_of({part for model in LAYERED for part in parts_of(config["models"][model])}),
    priority: in_order
    threads: 1
    resources:
        mem_mb=500,
        runtime=10,
    shell:
        "cp {input:q}/{wildcards.layer}.npy {output.embeddings:q} 2> {log:q} && "
        "cp {input:q}/{wildcards.layer}.json {output.facts:q} 2>> {log:q} && "
        # and their digests (shared/files.py), which results of earlier versions do not have
        "mkdir -p results/.digests/{wildcards.dataset}/embeddings && for kind in npy json; do "
        "cp results/.digests/{wildcards.dataset}/layers/{wildcards.model}/{wildcards.layer}.$kind results/.digests/{wildcards.dataset}/embeddings/"
        "{wildcards.model}.{wildcards.layer}.$kind 2> /dev/null || true; done"


rule adopt:
    """Take embeddings that were computed elsewhere (`module: precomputed`)."""
    input:
        script=scripts("embed.adopt"),
        environment=environment("analysis"),
        parameters="results/{dataset}/sounds/parameters.csv",
        audio="results/{dataset}/sounds/audio.wav",
        source=lambda wildcards: array_of(model_entry(wildcards), wildcards.dataset, wildcards.model),
    output:
        embeddings="results/{dataset}/embeddings/{model}.npy",
        facts="results/{dataset}/embeddings/{model}.json",
    log:
        "logs/adopt/{dataset}/{model}.log",
    benchmark:
        "logs/adopt/{dataset}/{model}.tsv"
    wildcard_constraints:
        model=any_of(
            [*PRECOMPUTED, *(row for row in rows_without_heads(config) if model_of(row) in PRECOMPUTED)]
        ),
    priority: in_order
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(30),
    params:
        call=call("analysis"),
        task=entry("task"),
        training_data=entry("training_data"),
        licence=entry("licence"),
    shell:
        "{params.call} embed.adopt --source {input.source:q} --parameters {input.parameters:q} "
        "--audio {input.audio:q} --records resources/adopted "
        "--task {params.task:q} --training-data {params.training_data:q} --licence {params.licence:q} "
        "--embeddings {output.embeddings:q} --facts {output.facts:q} > {log:q} 2>&1"


rule control:
    """Write an embedding that knows nothing (chance) or exactly the factors (reference)."""
    input:
        script=scripts("embed.control"),
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
        control=any_of(CONTROLS),
    priority: 2
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(30),
    params:
        call=call("analysis"),
        factors=setting("factors"),
        seed=setting("seed"),
    shell:
        "{params.call} embed.control --parameters {input.parameters:q} "
        "--factors {params.factors:q} --control {wildcards.control} --seed {params.seed} "
        "--embeddings {output.embeddings:q} --facts {output.facts:q} > {log:q} 2>&1"
