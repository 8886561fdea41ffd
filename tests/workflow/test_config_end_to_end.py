"""A faulty config through Snakemake itself: one sentence, a status, nothing written.

tests/planning/test_config.py has all the sentences.
"""

import pytest
import yaml
from conftest import ROOT, snakemake

FAULTS = {  # of the schema, between entries, of a catalogue
    "top level: unknown key 'analysis', did you mean 'analyses'?": {"analysis": {}},
    "run.models: 'crepee' is not defined, did you mean 'crepe'?": {"run": {"models": ["crepee"]}},
    "catalogues: 'hear' is not known, did you mean 'hear2021'?": {"catalogues": ["hear"]},
}


@pytest.mark.parametrize("sentence", FAULTS)
def test_one_sentence(tmp_path, sentence):
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump(FAULTS[sentence]))
    words = ["-n", "--snakefile", ROOT / "Snakefile", "--configfile", "mine.yaml"]
    done = snakemake(tmp_path, *words)
    assert done.returncode != 0
    sentences = [line for line in done.stdout.splitlines() if line.startswith("config: ")]
    assert len(sentences) == 1, done.stdout
    assert sentence in sentences[0]
    assert not (tmp_path / "results").exists()
