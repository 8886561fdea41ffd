"""Sounds: parameters.csv and audio.wav of each data set, the gate, resampled once per rate that is needed."""

GATE_FIGURE = declared(SCRIPTS / "synthesize" / "check_sounds.py", "FIGURE")


rule train:
    """Train a synthesizer that learns, in an environment of its own name."""
    input:
        script=lambda wildcards: scripts(trainer(resolved(config, wildcards.dataset))),
        environment=lambda wildcards: environment(resolved(config, wildcards.dataset)["synthesizer"]),
    output:
        "results/{dataset}/sounds/trained.npz",
    log:
        "logs/train/{dataset}.log",
    benchmark:
        "logs/train/{dataset}.tsv"
    priority: 2
    threads: 2
    resources:
        networks=1,
        mem_mb=lambda wildcards, attempt: 4000 * attempt,
        runtime=lambda wildcards, attempt: 60 * attempt,
    params:
        call=lambda wildcards: call(resolved(config, wildcards.dataset)["synthesizer"]),
        script=lambda wildcards: trainer(resolved(config, wildcards.dataset)),
        seed=lambda wildcards: resolved(config, wildcards.dataset)["seed"],
    shell:
        "{params.call} {params.script} --seed {params.seed} --output {output:q} > {log:q} 2>&1"


rule synthesize:
    """Draw the factors and render the sounds, of a data set that goes in one piece."""
    input:
        script=lambda wildcards: scripts(
            "synthesize.synthesize", synthesizer_module(DEFINITIONS[wildcards.dataset])
        ),
        environment=lambda wildcards: environment(datasets.made_in(DEFINITIONS[wildcards.dataset])),
        trained=lambda wildcards: datasets.trained(config, wildcards.dataset),
        sources=lambda wildcards: sources(DEFINITIONS[wildcards.dataset]),
    output:
        parameters="results/{dataset}/sounds/parameters.csv",
        audio="results/{dataset}/sounds/audio.wav",
    log:
        "logs/synthesize/{dataset}.log",
    benchmark:
        "logs/synthesize/{dataset}.tsv"
    wildcard_constraints:
        dataset=any_of(UNSHARDED),
    priority: 2
    threads: 1
    resources:
        mem_mb=growing(1000, of_one_job=True),
        runtime=growing(60, of_one_job=True),
    params:
        call=lambda wildcards: call(datasets.made_in(DEFINITIONS[wildcards.dataset])),
        definition=lambda wildcards: datasets.definition(DEFINITIONS[wildcards.dataset]),
        shard="",
        trained=lambda wildcards, input: (
            f"--trained {shlex.quote(str(input.trained))}" if input.trained else ""
        ),
    shell:
        "{params.call} synthesize.synthesize --definition {params.definition:q} {params.trained} "
        "{params.shard} --parameters {output.parameters:q} --audio {output.audio:q} > {log:q} 2>&1"


use rule synthesize as synthesize_shard with:
    output:
        parameters=temp("results/{dataset}/sounds/shards/{shard}.csv"),
        audio=temp("results/{dataset}/sounds/shards/{shard}.wav"),
    log:
        "logs/synthesize/{dataset}/{shard}.log",
    benchmark:
        "logs/synthesize/{dataset}/{shard}.tsv"
    wildcard_constraints:
        dataset=any_of(SHARDS),
    params:
        shard=shard,


rule gather_sounds:
    """Put the shards of a data set together, one in memory at a time."""
    input:
        script=scripts("synthesize.gather_sounds"),
        environment=environment("analysis"),
        tables=of_shards("results/{dataset}/sounds/shards/{shard}.csv"),
        sounds=of_shards("results/{dataset}/sounds/shards/{shard}.wav"),
    output:
        parameters="results/{dataset}/sounds/parameters.csv",
        audio="results/{dataset}/sounds/audio.wav",
    log:
        "logs/gather_sounds/{dataset}.log",
    benchmark:
        "logs/gather_sounds/{dataset}.tsv"
    wildcard_constraints:
        dataset=any_of(SHARDS),
    priority: 2
    threads: 1
    resources:
        mem_mb=1000,
        runtime=growing(60),
    params:
        call=call("analysis"),
    shell:
        "{params.call} synthesize.gather_sounds --tables {input.tables:q} --sounds {input.sounds:q} "
        "--parameters {output.parameters:q} --audio {output.audio:q} > {log:q} 2>&1"


rule check_sounds:
    """The gate: what is wrong with the sounds of a data set. A breach fails it if the data set is strict."""
    input:
        script=lambda wildcards: scripts(
            "synthesize.check_sounds", synthesizer_module(DEFINITIONS[wildcards.dataset])
        ),
        environment=lambda wildcards: environment(datasets.made_in(DEFINITIONS[wildcards.dataset])),
        trained=lambda wildcards: datasets.trained(config, wildcards.dataset),
        parameters="results/{dataset}/sounds/parameters.csv",
        audio="results/{dataset}/sounds/audio.wav",
    output:
        checks="results/{dataset}/sounds/checks.csv",
        png=shown(
            "results/{dataset}/figures/checks.png",
            caption_file("checks", GATE_FIGURE["heading"], GATE_FIGURE["caption"]),
            "Figures",
        ),
        pdf="results/{dataset}/figures/checks.pdf",
    log:
        "logs/check_sounds/{dataset}.log",
    benchmark:
        "logs/check_sounds/{dataset}.tsv"
    priority: 2
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(60),
    params:
        call=lambda wildcards: call(datasets.made_in(DEFINITIONS[wildcards.dataset])),
        definition=lambda wildcards: datasets.checked_definition(DEFINITIONS[wildcards.dataset]),
        trained=lambda wildcards, input: (
            f"--trained {shlex.quote(str(input.trained))}" if input.trained else ""
        ),
        resampled=flag("--resampled", lambda wildcards: DEFINITIONS[wildcards.dataset]["resample"] is True),
        strict=flag("--strict", lambda wildcards: DEFINITIONS[wildcards.dataset]["strict"]),
        K=largest_K,
    shell:
        "{params.call} synthesize.check_sounds --definition {params.definition:q} {params.trained} "
        "--parameters {input.parameters:q} --audio {input.audio:q} {params.resampled} --K {params.K} "
        "{params.strict} --checks {output.checks:q} --figure {output.png:q} {output.pdf:q} > {log:q} 2>&1"


rule ratings:
    """Bring what listeners rated into one form."""
    input:
        script=scripts("synthesize.ratings"),
        environment=environment("analysis"),
        sources=lambda wildcards: datasets.rating_files(DEFINITIONS[wildcards.dataset]),
        parameters="results/{dataset}/sounds/parameters.csv",
    output:
        "results/{dataset}/sounds/ratings.csv",
    log:
        "logs/ratings/{dataset}.log",
    benchmark:
        "logs/ratings/{dataset}.tsv"
    priority: 2
    threads: 1
    resources:
        mem_mb=1000,
        runtime=30,
    params:
        call=call("analysis"),
        ratings=lambda wildcards: json.dumps(DEFINITIONS[wildcards.dataset]["ratings"]),
    shell:
        "{params.call} synthesize.ratings --ratings {params.ratings:q} --parameters {input.parameters:q} "
        "--output {output:q} > {log:q} 2>&1"


rule resample:
    """Resample a data set's sounds to a model's rate."""
    input:
        script=scripts("synthesize.resample"),
        environment=environment("analysis"),
        parameters="results/{dataset}/sounds/parameters.csv",
        audio="results/{dataset}/sounds/audio.wav",
    output:
        audio="results/{dataset}/sounds/audio_{rate}.wav",
    log:
        "logs/resample/{dataset}/audio_{rate}.log",
    benchmark:
        "logs/resample/{dataset}/audio_{rate}.tsv"
    priority: 2
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(30),
    params:
        call=call("analysis"),
    shell:
        "{params.call} synthesize.resample --audio {input.audio:q} --parameters {input.parameters:q} "
        "--rate {wildcards.rate} --output {output.audio:q} > {log:q} 2>&1"
