"""The record of a run holds the digests of its files; the crate names each file with its digest and size."""

import hashlib
import json
from pathlib import Path

import pytest
from conftest import ROOT
from report import record

SCORES = """model,analysis,metric,factor,other,value,low,high,chance
net,knn,r2,f1,,0.5,0.4,0.6,0.01
lost,embed,failure,,,,,,
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder after a run of one data set and one model; another model failed."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GEAR_CACHE", raising=False)
    files = {"tones/scores.csv": SCORES, "tones/sounds/parameters.csv": "sound,f1\n0,100\n", "README.md": "x"}
    files |= {"tones/sounds/audio.wav": "sounds", "run_config.yaml": "run: {models: [net, lost]}\n"}
    for row in ("net", "chance", "reference"):
        files[f"tones/embeddings/{row}.npy"] = f"embeddings of {row}"
        facts = {"weights_sha256": {"resources/weights/host/net.pt": "12ab"}} if row == "net" else {}
        files[f"tones/embeddings/{row}.json"] = json.dumps(facts)
    for name, content in files.items():
        path = Path("results", name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    lock = Path("resources/environments/analysis/requirements.lock")
    lock.parent.mkdir(parents=True)
    lock.write_text("numpy==2.4.6\n")
    monkeypatch.setattr(record.importlib.metadata, "version", lambda name: "9.27.1")
    words = {"results": ["results"], "config": ["results/run_config.yaml"], "datasets": ["tones"]}
    words |= {
        "environments": ["analysis", "unbuilt"],
        "clone": [str(ROOT)],
        "record": ["results/record.json"],
    }
    words |= {"crate": ["results/ro-crate-metadata.json"], "workflow": ["results/Snakefile"]}
    record.main([word for name, values in words.items() for word in (f"--{name}", *values)])
    return Path("results")


def test_the_record_says_what_the_run_was_made_with_and_what_came_of_it(folder):
    told = json.loads((folder / "record.json").read_text())
    tones = told["datasets"]["tones"]
    assert told["config"] == {"run": {"models": ["net", "lost"]}}
    assert told["environments"] == {"analysis": ["numpy==2.4.6"]}
    assert told["code"]["Snakefile"] == hashlib.sha256((ROOT / "Snakefile").read_bytes()).hexdigest()
    assert not [path for path in told["code"] if "__pycache__" in path]
    assert tones["scores"] == {"net/knn/r2/f1/": ["0.5", "0.4", "0.6", "0.01"]}
    assert set(tones["embeddings"]) == {"net", "chance", "reference"}  # not of the model that failed
    assert tones["embeddings"]["net"]["sha256"] == hashlib.sha256(b"embeddings of net").hexdigest()
    assert tones["embeddings"]["net"]["weights"] == {"host/net.pt": "12ab"}
    assert tones["sounds"]["audio.wav"] == hashlib.sha256(b"sounds").hexdigest()


def test_every_file_of_the_crate_is_there_with_its_digest_and_every_reference_leads_somewhere(folder):
    crate = json.loads((folder / "ro-crate-metadata.json").read_text())
    entities = {entity["@id"]: entity for entity in crate["@graph"]}
    files = [entity for entity in entities.values() if "File" in entity["@type"]]
    assert {"record.json", "Snakefile", "tones/scores.csv"} < {entity["@id"] for entity in files}
    for entity in files:
        content = (folder / entity["@id"]).read_bytes()
        assert entity["sha256"] == hashlib.sha256(content).hexdigest()
        assert entity["contentSize"] == str(len(content))
    for entity in entities.values():
        for value in entity.values():
            for item in value if isinstance(value, list) else [value]:
                if isinstance(item, dict) and not item["@id"].startswith("http"):
                    assert item["@id"] in entities
    parts = {part["@id"] for part in entities["./"]["hasPart"]}
    assert parts == {entity["@id"] for entity in files}
