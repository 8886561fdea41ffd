"""CREPE (Kim et al. 2018) by torchcrepe, embedded as hearbaseline.torchcrepe does it, several times as fast.

The embedding is the same: the output of the fifth layer for frames of 1,024 samples, at a hop of 250 ms,
averaged over frames. The means are others. The frames of all sounds go through the network together, and its
convolutions are computed in the frequency domain, where they take a tenth of the operations: PyTorch runs
kernels of 64 x 1 far below what a processor can. The numbers agree to a millionth. The network is
torchcrepe.infer.model, as it is there.
"""

from functools import partial
from pathlib import Path

import torch
import torch.nn.functional as F
import torchcrepe

from adapters.fast_convolutions import convolve

HOP = 4000  # samples
FRAMES = 16  # at a time: more of them leave the processor's cache and take a third longer


class Crepe(torchcrepe.Crepe):
    sample_rate = torchcrepe.SAMPLE_RATE
    scene_embedding_size = 2048

    def __init__(self):
        super().__init__("full")
        for layer in self.modules():
            if isinstance(layer, torch.nn.Conv2d):
                layer.forward = partial(self.convolve, layer)

    @staticmethod
    def convolve(conv, x):
        return convolve(conv, x[..., 0])[..., None]

    def layer(self, x, conv, batch_norm, padding=(0, 0, 31, 32)):
        x = batch_norm(F.relu(conv(F.pad(x, padding))))
        return F.max_pool1d(x[..., 0], 2)[..., None]  # four times as fast as max_pool2d


def load_model(model_file_path=""):
    """The network with the weights that come with torchcrepe; the path is not used."""
    network = Crepe()
    weights = Path(torchcrepe.__file__).parent / "assets" / "full.pth"
    network.load_state_dict(torch.load(weights, map_location="cpu", weights_only=True))
    torchcrepe.infer.model, torchcrepe.infer.capacity = network, "full"
    return network


def get_scene_embeddings(audio, model):
    """Means over the frames centred on every hop, float32 (n, 2048)."""
    [frames] = torchcrepe.preprocess(audio, model.sample_rate, HOP, device=audio.device)  # sound by sound
    pieces = torch.cat([model(piece, embed=True).flatten(1) for piece in frames.split(FRAMES)])
    return pieces.reshape(len(audio), -1, model.scene_embedding_size).mean(dim=1)
