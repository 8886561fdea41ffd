"""What research code does when it is imported and called, and what comes of it: a result or one sentence."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
from conftest import PYTHON
from embed import embed, hear
from embed.confined import readable

N, T = 8, 512
MODEL = """
{top}
from types import SimpleNamespace
import numpy as np

def load_model(path="", **options):
    {load}
    return SimpleNamespace(sample_rate=16000, scene_embedding_size=4, kept=np.zeros((64, 4), np.float32))

def get_scene_embeddings(audio, model):
    {call}
    return np.stack([band.mean(axis=1) for band in np.array_split(np.abs(audio), 4, axis=1)], axis=1)
"""


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Embed a few noises by a model in a file of one's own; returns the embeddings, and the right ones."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(hear, "HERE", tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.delitem(sys.modules, "mymodel", raising=False)
    monkeypatch.setattr(sys, "argv", ["embed.py", "--audio", "x.wav"])
    noise = np.random.default_rng(1).uniform(-1, 1, (N, T)).astype(np.float32)
    soundfile.write("audio.wav", noise.ravel(), 16000, subtype="FLOAT")
    (tmp_path / "parameters.csv").write_text("sound\n" + "".join(f"{i}\n" for i in range(N)))

    def call(top="", load="pass", call="pass", module="mymodel.py"):
        (tmp_path / "mymodel.py").write_text(MODEL.format(top=top, load=load, call=call))
        words = ["--audio", "audio.wav", "--parameters", "parameters.csv", "--model", "mine"]
        words += ["--sample-rate", "16000", "--embeddings", "out/e.npy", "--facts", "out/e.json"]
        embed.main([*words, "--module", module])
        right = np.stack([band.mean(axis=1) for band in np.array_split(np.abs(noise), 4, axis=1)], axis=1)
        return np.load("out/e.npy"), right

    return call


ARGPARSE = "import argparse; p = argparse.ArgumentParser(); p.add_argument('--lr', default=1); p.parse_args()"


@pytest.mark.parametrize(
    "words",
    [
        {},
        {"top": ARGPARSE},
        {"load": ARGPARSE},
        {"load": "import os; os.mkdir('elsewhere'); os.chdir('elsewhere')"},
        {"top": "import sys; assert len(sys.argv) == 1"},
    ],
)
def test_a_model_in_a_file_is_embedded_whatever_it_does_when_it_starts(run, words):
    embeddings, right = run(**words)
    np.testing.assert_allclose(embeddings, right, rtol=1e-5)
    assert json.loads(Path("out/e.json").read_text())["module"] == "mymodel.py"
    assert sys.argv == ["embed.py", "--audio", "x.wav"]


def test_a_model_may_change_its_sounds_in_place(run):
    """Each call gets a copy: the audit, which calls twice, and the batches hear the same."""
    embeddings, right = run(call="audio -= audio.mean(axis=1, keepdims=True); audio *= 2")
    again, _ = run(call="audio = 2 * (audio - audio.mean(axis=1, keepdims=True))")
    np.testing.assert_array_equal(embeddings, again)
    assert not np.allclose(embeddings, right)


def test_a_model_may_use_its_output_again(run):
    """An answer that changes from call to call is found although the array is the same."""
    call = "model.kept += 1; model.kept[:] = np.round(model.kept); return model.kept[: len(audio)]"
    with pytest.raises(SystemExit, match="another answer the second time"):
        run(call=call)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ({"load": "import sys; sys.exit(0)"}, r"the module ended the job by sys.exit\(0\); last line:"),
        ({"top": "import sys; sys.exit('no GPU')"}, "the module ended the job: no GPU"),
        ({"call": "import sys; sys.exit()"}, r"the module ended the job by sys.exit\(0\)"),
        ({"load": "input('Trust it (y/N)? ')"}, r"the module asks 'Trust it \(y/N\)\?', and a job has no"),
        ({"top": "import getpass; getpass.getpass('Token: ')"}, "the module asks 'Token:'"),
        ({"top": "from numpy import nothing"}, r"cannot import name 'nothing'.*mymodel.py:2: from numpy"),
        ({"module": "mymodel"}, r"No module named 'mymodel'; .* or state `module: mymodel.py`"),
    ],
)
def test_what_ends_a_model_is_one_sentence(run, words, sentence):
    with pytest.raises(SystemExit, match=f"^error: mine: .*{sentence}"):
        run(**words)


def test_modules_beside_the_file_are_found_behind_installed_ones(run, tmp_path):
    (tmp_path / "half.py").write_text("HALF = 0.5\n")
    (tmp_path / "json.py").write_text("raise RuntimeError('the wrong one')\n")
    run(top="import json\nfrom half import HALF")


def test_a_file_may_have_the_name_of_what_it_imports(run, tmp_path):
    run()
    text = (tmp_path / "mymodel.py").read_text()
    (tmp_path / "soundfile.py").write_text(f"import soundfile\nsoundfile.info\n{text}")
    run(module="soundfile.py")


def test_facts_name_a_package_of_which_files_alone_are_used(run, tmp_path):
    run(top="from importlib.metadata import distribution\nPACKAGE = distribution('pytest')")
    assert "pytest" in json.loads((tmp_path / "out" / "e.json").read_text())["packages"]


def test_a_folder_of_path_that_one_may_not_look_at_does_no_harm():
    """As that of another user, from which a shell was started; here one whose name no file system takes."""
    assert Path("/usr/bin") in list(readable([], Path(PYTHON), {"PATH": f"/{300 * 'a'}:/usr/bin"}))
