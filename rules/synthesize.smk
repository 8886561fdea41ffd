"""Sounds: parameters.csv and audio.wav of each data set, resampled once per rate that is needed."""


rule synthesize:
    """Draw the factors and render the sounds."""
    input:
        script=lambda wildcards: scripts(
            "synthesize",
            f"synthesizers.{config['datasets'][wildcards.dataset]['synthesizer']}",
        ),
        environment=environment("analysis"),
    output:
        parameters="results/{dataset}/sounds/parameters.csv",
        audio="results/{dataset}/sounds/audio.wav",
    log:
        "logs/synthesize/{dataset}.log",
    benchmark:
        "logs/synthesize/{dataset}.tsv"
    conda:
        conda_spec("analysis")
    threads: 1
    resources:
        mem_mb=1000,
        runtime=30,
    params:
        python=python("analysis"),
        definition=definition,
    shell:
        "{params.python:q} {input.script[0]:q} --definition {params.definition:q} "
        "--parameters {output.parameters:q} --audio {output.audio:q} > {log:q} 2>&1"


rule resample:
    """Resample a data set's sounds to a model's rate."""
    input:
        script=scripts("resample"),
        environment=environment("analysis"),
        audio="results/{dataset}/sounds/audio.wav",
    output:
        audio="results/{dataset}/sounds/audio_{rate}.wav",
    log:
        "logs/resample/{dataset}/audio_{rate}.log",
    benchmark:
        "logs/resample/{dataset}/audio_{rate}.tsv"
    conda:
        conda_spec("analysis")
    threads: 1
    resources:
        mem_mb=1000,
        runtime=30,
    params:
        python=python("analysis"),
        sounds=lambda wildcards: config["datasets"][wildcards.dataset]["N"],
    shell:
        "{params.python:q} {input.script[0]:q} --audio {input.audio:q} --sounds {params.sounds} "
        "--rate {wildcards.rate} --output {output.audio:q} > {log:q} 2>&1"
