"""Hundreds of models: no command grows with models times analyses."""

import numpy as np
import yaml
from conftest import ROOT, snakemake

LONGEST = 128 * 1024  # bytes of one word of a command, of which a shell gets the whole rule as one (Linux)


def test_three_hundred_models_with_long_names_fit_a_command(tmp_path, clone):
    """Planned with every analysis; the names are as long as the longest of the HEAR submissions."""
    names = [f"a_model_of_some_laboratory_{i:03}" for i in range(300)]
    entry = {"module": "precomputed", "embeddings": "elsewhere/{dataset}.npy"}
    config = {"run": {"datasets": ["small"], "models": names}, "models": dict.fromkeys(names, entry)}
    (clone / "many.yaml").write_text(yaml.safe_dump(config))
    (clone / "elsewhere").mkdir()
    np.save(clone / "elsewhere" / "small.npy", np.zeros((40, 2), np.float32))
    words = ["--configfile", ROOT / "tests" / "small.yaml", "many.yaml"]
    done = snakemake(clone, "-n", "--printshellcmds", *words)
    assert done.returncode == 0, done.stdout[-3000:]
    commands = [line for line in done.stdout.splitlines() if "/bin/python workflow_scripts " in line]
    assert len(commands) > 300 * 9
    assert max(map(len, commands)) < LONGEST / 1.5
