"""A run as RO-Crate, by the profile Workflow Run Crate 0.5: what repositories of research data read.

Source: https://www.researchobject.org/workflow-run-crate/profiles/workflow_run_crate (Leo et al. 2024). The
folder of the results is the crate. Standard library only.
"""

from pathlib import Path

from shared.files import digest_of, recorded_digest

PROFILES = {
    "https://w3id.org/ro/wfrun/process/0.5": "Process Run Crate",
    "https://w3id.org/ro/wfrun/workflow/0.5": "Workflow Run Crate",
    "https://w3id.org/workflowhub/workflow-ro-crate/1.0": "Workflow RO-Crate",
}
CONTEXT = ["https://w3id.org/ro/crate/1.1/context", "https://w3id.org/ro/terms/workflow-run/context"]
SNAKEMAKE = "https://w3id.org/workflowhub/workflow-ro-crate#snakemake"
PAPER = "https://hal.science/hal-03979667"
MIT = "https://spdx.org/licenses/MIT"
KINDS = {
    ".csv": "text/csv",
    "": "text/plain",
    ".json": "application/json",
    ".md": "text/markdown",
    ".npy": "application/octet-stream",
    ".wav": "audio/x-wav",
    ".yaml": "application/yaml",
}


def reference(name):
    """A reference to another entity."""
    return {"@id": name}


def file(results, path, about, **more):
    """The entity of a file of the results. path: relative to their folder."""
    place = Path(results, path)
    entity = {"@id": path, "@type": "File", "name": path, "description": about}
    sizes = {"contentSize": str(place.stat().st_size), "sha256": recorded_digest(place) or digest_of(place)}
    return entity | {"encodingFormat": KINDS[place.suffix]} | sizes | more


def outputs(record, results):
    """The entities of what a run made."""
    files = [file(results, "record.json", "what the run was made with, and its scores")]
    for name, dataset in record["datasets"].items():
        files.append(file(results, f"{name}/scores.csv", f"scores of all models on {name}"))
        files.append(file(results, f"{name}/sounds/parameters.csv", f"the factors of each sound of {name}"))
        files.append(file(results, f"{name}/sounds/audio.wav", f"the sounds of {name}, back to back"))
        for row in dataset["embeddings"]:
            files.append(file(results, f"{name}/embeddings/{row}.npy", f"embeddings of {name} by {row}"))
    return files


def workflow(record, results):
    """The entities of the workflow, of its language, and of its input, the config."""
    version = record["versions"]["snakemake"]
    parameter = {
        "@id": "#config",
        "@type": "FormalParameter",
        "additionalType": "File",
        "name": "config",
        "description": "data sets, models and settings of the analyses",
        "conformsTo": reference("https://bioschemas.org/profiles/FormalParameter/1.0-RELEASE"),
        "valueRequired": True,
    }
    language = {
        "@id": SNAKEMAKE,
        "@type": "ComputerLanguage",
        "name": "Snakemake",
        "identifier": reference("https://doi.org/10.1093/bioinformatics/bts480"),
        "url": reference("https://snakemake.readthedocs.io"),
        "version": version,
    }
    about = f"the workflow's main file, commit {record['commit']}; version is the digest of all its code"
    main = file(results, "Snakefile", about, name="GEAR: Generative Evaluation of Audio Representations") | {
        "@type": ["File", "SoftwareSourceCode", "ComputationalWorkflow"],
        "programmingLanguage": reference(SNAKEMAKE),
        "license": reference(MIT),
        "version": record["code_sha256"],
        "input": reference("#config"),
        "conformsTo": reference("https://bioschemas.org/profiles/ComputationalWorkflow/1.0-RELEASE"),
        "url": PAPER,
    }
    config = file(results, "run_config.yaml", "the config of the run", exampleOfWork=reference("#config"))
    return [main, language, parameter, config]


def crate(record, results):
    """The content of ro-crate-metadata.json, a dict in JSON-LD.

    record: of record.py; results: the folder of the results, in which the record stands already.
    """
    made, of_workflow = outputs(record, results), workflow(record, results)
    config = of_workflow[-1]
    action = {
        "@id": "#run",
        "@type": "CreateAction",
        "name": f"Run of GEAR on {', '.join(record['datasets']) or 'no data set'}",
        "instrument": reference("Snakefile"),
        "startTime": record["begun"],
        "endTime": record["ended"],
        "actionStatus": "http://schema.org/CompletedActionStatus",
        "object": reference(config["@id"]),
        "result": [reference(entity["@id"]) for entity in made],
        "description": ", ".join(f"{key} {value}" for key, value in record["versions"].items()),
    }
    root = {
        "@id": "./",
        "@type": "Dataset",
        "name": action["name"],
        "description": "What embeddings tell of the factors of synthetic sounds: scores, embeddings, sounds",
        "datePublished": record["ended"],
        "license": "not stated: whoever publishes the results chooses one",
        "conformsTo": [reference(profile) for profile in PROFILES],
        "mainEntity": reference("Snakefile"),
        "mentions": reference("#run"),
        "hasPart": [reference(name) for name in ("Snakefile", config["@id"], *(e["@id"] for e in made))],
    }
    descriptor = {
        "@id": "ro-crate-metadata.json",
        "@type": "CreativeWork",
        "about": reference("./"),
        "conformsTo": [
            reference("https://w3id.org/ro/crate/1.1"),
            reference("https://w3id.org/workflowhub/workflow-ro-crate/1.0"),
        ],
    }
    profiles = [
        {"@id": profile, "@type": "CreativeWork", "name": name, "version": profile.rpartition("/")[2]}
        for profile, name in PROFILES.items()
    ]
    licence = {"@id": MIT, "@type": "CreativeWork", "name": "MIT License", "url": f"{MIT}.html"}
    return {
        "@context": CONTEXT,
        "@graph": [descriptor, root, *profiles, licence, *of_workflow, action, *made],
    }
