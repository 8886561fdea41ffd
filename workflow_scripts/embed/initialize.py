"""Random initialisation: the weights of a PyTorch network drawn anew, as a control without training."""

from embed.hear import Breach

CALIBRATION_SOUNDS = 64
CALIBRATION_BATCH = 32


def reinitialize(network, seed, embed, sounds, batch_size=CALIBRATION_BATCH):
    """Draw all weights of a network anew, in place, as its layers' own reset_parameters() does.

    network: torch.nn.Module. embed: function of the model that it is a part of. sounds: float32 (n, T), for
    the calibration of batch-norm layers, batch_size at a time. Raises Breach if a weight tensor is left
    unchanged.
    """
    import torch

    device = next(network.parameters()).device
    network.cpu()  # the same seed draws other numbers on a GPU
    before = {name: weight.detach().clone() for name, weight in network.named_parameters()}
    torch.manual_seed(seed)
    for layer in network.modules():
        if hasattr(layer, "reset_parameters"):
            layer.reset_parameters()
    kept = [name for name, weight in network.named_parameters() if torch.equal(weight, before[name])]
    if kept:
        raise Breach(
            f"initialization: random left {len(kept)} of {len(before)} weight tensors unchanged "
            f"({', '.join(kept[:3])}{', ...' if len(kept) > 3 else ''}); they have no reset_parameters()"
        )
    network.to(device)
    calibrate(network, embed, sounds, batch_size)
    network.eval()


def calibrate(network, embed, sounds, batch_size):
    """Replace the running statistics of batch-norm layers by those that the weights produce on some sounds.

    All layers are calibrated in one pass, because each layer normalises by its own batch while it learns.
    The default statistics (mean 0, variance 1) would let activations vanish or explode.
    """
    import torch

    norms = [m for m in network.modules() if isinstance(m, torch.nn.modules.batchnorm._BatchNorm)]
    momenta = [norm.momentum for norm in norms]
    # a hook, because wrappers put the whole model into eval mode in each forward pass
    hooks = [norm.register_forward_pre_hook(lambda norm, _: norm.train() and None) for norm in norms]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # a plain average over all calibration batches
    for i in range(0, len(sounds), batch_size):
        embed(sounds[i : i + batch_size])
    for norm, momentum, hook in zip(norms, momenta, hooks, strict=True):
        hook.remove()
        norm.momentum = momentum
