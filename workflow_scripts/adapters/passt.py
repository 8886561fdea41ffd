"""PaSST (Koutini et al. 2022) as submitted to HEAR 2021, by its package hear21passt.

The package needs timm for one function only, a cached download. But timm imports torchvision, and no build
of torchvision matches every PyTorch. That function is given here instead; it keeps the file where torch.hub
does. Option: `module`, one of the package's three (base, base2level, base2levelmel). Their embeddings of a
whole clip are the same.
"""

import importlib
import sys
from types import ModuleType

import torch


def download_cached_file(url, check_hash=True, progress=False):
    """Path of a file in torch.hub's folder, fetched if it is not there."""
    name = url.rsplit("/", 1)[1]
    folder = f"{torch.hub.get_dir()}/checkpoints"
    torch.hub.load_state_dict_from_url(url, folder, map_location="cpu", weights_only=True)
    return f"{folder}/{name}"


def load_model(model_file_path="", module="base"):
    """The model, in eval mode; the path is not used."""
    for name in ("timm", "timm.models", "timm.models._hub"):
        sys.modules.setdefault(name, ModuleType(name))
    sys.modules["timm.models._hub"].download_cached_file = download_cached_file
    passt = importlib.import_module(f"hear21passt.{module}")
    model = passt.load_model()
    model.scenes = passt.get_scene_embeddings
    return model


def get_scene_embeddings(audio, model):
    """float32 (n, 1295): 527 AudioSet logits, 768 features."""
    return model.scenes(audio, model)
