"""Write hear2021.yaml: the 29 submissions to HEAR 2021 as entries of a config.

The published list (data/hear2021_models.json) gives names, modules, repositories and the licences of code and
weights. The leaderboard (data/hear_leaderboard.csv) gives its own spellings. The list does not give the
environment, the sample rate, the embedding size, or how the loader finds its weights. These were read in each
repository at its listed revision, or are 'unknown'. Run: python catalogues/hear2021.py
"""

import json
import re
import sys
from pathlib import Path

import yaml

HERE = Path(__file__).parent
DATA = HERE.parent / "data"

LEADERBOARD = {  # names that the leaderboard spells differently
    "AMAAI Lab w2v2+DDSP": "AMAAI Lab wav2vec2+DDSP",
    "AMAAI w2v2 music+spch": "AMAAI wav2vec2 music+speech",
    "Audioshake UDONS ViT": "Sony UDONS ViT",
    "GURA Avg Hubert+CREPE": "GURA Avg Hubert+Crepe",
    "GURA Cat wav2vec2+CREPE": "GURA Cat wav2vec2+crepe",
    "GURA Fuse Cat H+w+C (t)": "GURA Fuse Cat H+w+C (time)",
    "Logitech SERAB BYOL-S": "Logitech AI SERAB BYOL-S",
}


def hub(name, revision, size, binary=None):
    """Weights of a model on the hub, for its cache. binary: SHA-256 of pytorch_model.bin, if known."""
    files = {"config.json": None, "preprocessor_config.json": None, "pytorch_model.bin": binary}
    return {"hub": name, "revision": revision, "files": files, "size": size, "place": "HF_HOME"}


HUBERT_XLARGE = hub(
    "facebook/hubert-xlarge-ll60k",
    "b0cef767123fe004883915a053f538f1737a1e47",
    "3.85 GB",
    "6131dc27f4508595daa1a13fec4aa1f6b4a579b5d93550bae26c13a83221f8a7",
)
HUBERT_LARGE = hub("facebook/hubert-large-ll60k", "main", "1.3 GB")
WAV2VEC2 = hub(
    "facebook/wav2vec2-large-960h-lv60-self",
    "54074b1c16f4de6a5ad59affb4caa8f2ea03a119",
    "1.26 GB",
    "00b604cf4d28e86559e8adaeb3a186daa89dc37f5ab216771a0a15a26db0de9f",
)
VOXPOPULI = hub(
    "facebook/wav2vec2-large-100k-voxpopuli", "356d3601347971f29d011cc18a99b2feff4eb376", "1.27 GB"
)
VOXPOPULI["place"] = "./facebook/wav2vec2-large-100k-voxpopuli"
PASST = {
    "url": "https://github.com/kkoutini/PaSST/releases/download/v0.0.1-audioset/"
    "passt-s-f128-p16-s10-ap.476-swa.pt",
    "size": "about 0.34 GB",
    "place": "TORCH_HOME/hub/checkpoints/passt-s-f128-p16-s10-ap.476-swa.pt",
}


def gura(size, *weights):
    """A submission of GURA. size: of its embedding; weights: its networks on the hub."""
    large = HUBERT_XLARGE in weights
    facts = {
        "embedding_size": size,
        "batch_size": 8,
        "mem_mb": 16000 if large else 8000,
        "weights": [*weights],
    }
    return {"env": "gura", "sample_rate": 16000, "gpu": 1, **facts}


def torch(rate, embedding_size, **more):
    """A submission in PyTorch, in the shared environment. embedding_size: None if the checkpoint sets it."""
    size = {"embedding_size": embedding_size} if embedding_size else {}
    return {"env": "hear_torch", "sample_rate": rate, **size, **more}


ADDED = {  # what the list does not say
    "Stellenbosch LSL DBERT": torch(16000, None, gpu=1) | {"env": "fairseq"},
    "RedRice EfficientNet-B2": torch(16000, 1408, batch_size=1),  # depends on its batch, as do two others
    "GURA Avg Hubert+CREPE": gura(1024, HUBERT_XLARGE),
    "GURA Avg Hubert+wav2vec2": gura(1024, HUBERT_LARGE, WAV2VEC2),
    "GURA Avg H+w+C": gura(1024, HUBERT_XLARGE, WAV2VEC2),
    "GURA Cat Hubert+wav2vec2": gura(2048, HUBERT_LARGE, WAV2VEC2),
    "GURA Cat wav2vec2+CREPE": gura(2048, WAV2VEC2),
    "GURA Cat H+w+C": gura(3072, HUBERT_XLARGE, WAV2VEC2),
    "GURA Fuse Cat H+w+C": gura(3072, HUBERT_XLARGE, WAV2VEC2),
    "GURA Fuse Cat H+w+C (t)": gura(15360, HUBERT_XLARGE, WAV2VEC2),
    "GURA Fuse Hubert": gura(1280, HUBERT_XLARGE),
    "GURA Fuse wav2vec2": gura(1024, WAV2VEC2),
    "GURA Hubert": gura(1280, HUBERT_XLARGE),
    # the three differ in timestamps only; adapters.passt says why the package needs an adapter
    "CP-JKU PaSST base": torch(32000, 1295, module="adapters.passt", gpu=1, weights=PASST),
    "CP-JKU PaSST 2lvl": torch(
        32000, 1295, module="adapters.passt", options={"module": "base2level"}, gpu=1, weights=PASST
    ),
    "CP-JKU PaSST 2lvl+mel": torch(
        32000, 1295, module="adapters.passt", options={"module": "base2levelmel"}, gpu=1, weights=PASST
    ),
    "IUT-CSE MLP (audio)": torch(16000, 1584, size="0.9 MB"),
    "IUT-CSE MLP (keyword)": torch(16000, 1024, size="1.7 MB"),
    "CREPE": {
        "env": "hearbaseline",
        "sample_rate": 16000,
        "embedding_size": 2048,
        "gpu": 1,
    },
    "wav2vec2": {
        "env": "wav2vec2",
        "sample_rate": 16000,
        "embedding_size": 1024,
        "gpu": 1,
        "mem_mb": 8000,
        "weights": VOXPOPULI,
        "licence": "Apache-2.0 (code), CC BY-NC 4.0 (weights; the list has CC BY 4.0)",
    },
    "Kuroyanagi hearline": torch(16000, 512, size="52 MB"),
    "CVSSP PANNS": torch(32000, 2048, gpu=1, size="about 0.33 GB"),
    "Audioshake UDONS ViT": torch(16000, None, trust_pickle=True, batch_size=1),
    "Descript/MARL Wav2CLIP": torch(
        16000,
        512,
        batch_size=1,
        weights={
            "url": "https://github.com/descriptinc/lyrebird-wav2clip/releases/download/v0.1.0-alpha/Wav2CLIP.pt",
            "size": "about 47 MB",
            "place": "TORCH_HOME/hub/checkpoints/Wav2CLIP.pt",
        },
    ),
    "AMAAI w2v2 music+spch": torch(16000, 768, gpu=1, trust_pickle=True) | {"env": "fairseq"},
    "Logitech SERAB BYOL-S": torch(16000, 2048, size="21 MB")
    | {
        "env": "serab_byols",
        "options": {"model_name": "default"},
        "config": {
            "url": "https://raw.githubusercontent.com/GasserElbanna/serab-byols/"
            "115fd81235d2c14ddab4bcf55ed79250711c2a2c/serab_byols/config.yaml",
            "sha256": "260b8592ddbb00317567cd0f5265fe8cf2dd489bd0b9ab4818ba9652520707ea",
            "size": "1 kB",
            "place": "site-packages/serab_byols/config.yaml",
        },
    },
    "AMAAI Lab w2v2+DDSP": torch(16000, 871, gpu=1, module="adapters.wav2vec2_ddsp") | {"env": "fairseq"},
    "OpenL3": {
        "env": "openl3_hear",
        "sample_rate": 48000,
        "embedding_size": 512,
    },  # the package fetches its own weights when it is installed
    "Soundsensing YAMNet": {
        "env": "yamnet",
        "sample_rate": 16000,
        "embedding_size": 1024,
        "weights": {
            "url": "https://storage.googleapis.com/audioset/yamnet.h5",
            "sha256": "13c3308955bbfaef262f175ac9c40e47b134573a93984f009220dd7cc12a1744",
            "size": "15 MB",
            "place": "site-packages/yamnet/yamnet.h5",
        },
    },
}


def slug(name):
    """The name of a config's entry for a published name: lower case, without blanks."""
    return re.sub(r"[^a-z0-9+-]+", "_", name.lower()).strip("_")


def entry(name, listed):
    """The config's entry of one submission. listed: what the published list says of it."""
    added = dict(ADDED[name])
    size = {"size": added.pop("size")} if "size" in added else {}
    config = [added.pop("config")] if "config" in added else []
    if "zenodo_weights_url" in listed and "weights" not in added:
        added["weights"] = [{"url": listed["zenodo_weights_url"], **size}, *config]
    licences = [listed.get(f"{kind}_license", "unknown") for kind in ("code", "data")]
    return {
        "published": list(dict.fromkeys([name, LEADERBOARD.get(name, name)])),
        "module": added.pop("module", listed["python_module_name"]),
        **added,
        "licence": added.get("licence", f"{licences[0]} (code), {licences[1]} (weights)"),
    }


def catalogue():
    """The text of hear2021.yaml."""
    listed = json.loads((DATA / "hear2021_models.json").read_text())
    models = {slug(name): entry(name, facts) for name, facts in listed.items()}
    head = "# hear2021.py writes this file: edit the script. With `catalogues: [hear2021]` in a config,\n"
    head += "# run.models may name these models; `make models` lists them.\n"

    class Plain(yaml.SafeDumper):
        def ignore_aliases(self, data):
            return True

    return head + yaml.dump({"models": models}, Dumper=Plain, sort_keys=False, width=110)


if __name__ == "__main__":
    path = HERE / "hear2021.yaml"
    path.write_text(catalogue())
    print(path, file=sys.stderr)
