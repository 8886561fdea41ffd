"""Convolutions in the frequency domain, where long kernels take a fraction of the operations.

PyTorch runs long kernels of few channels far below what a processor can. The numbers agree to a millionth.
"""

import torch
import torch.nn.functional as F


def convolve(conv, x):
    """What a torch.nn.Conv1d without padding gives, or a Conv2d with kernels of width 1.

    x: float32 (n, C, T). Returns float32 (n, D, T').
    """
    T, kernel = x.shape[2], conv.kernel_size[0]
    if conv.stride[0] > 1:
        return F.conv1d(x, conv.weight.flatten(2), conv.bias, conv.stride[0])
    size = T + T % 2  # enough: what wraps around falls behind the valid outputs
    spectrum = torch.fft.rfft(x.float(), size).permute(2, 0, 1) @ kernel_spectrum(conv, size)
    y = torch.fft.irfft(spectrum.permute(1, 2, 0), size)[..., : T - kernel + 1]
    return y + conv.bias[:, None]


def convolve_in_blocks(conv, x, block=64):
    """What a torch.nn.Conv1d with padding gives, computed `block` samples at a time: for long sounds.

    x: float32 (n, C, T). Returns float32 (n, D, T').
    """
    kernel, padding, n = conv.kernel_size[0], conv.padding[0], len(x)
    step, T = block - kernel + 1, x.shape[2] + 2 * padding - kernel + 1
    blocks = -(-T // step)
    x = F.pad(x, (padding, (blocks - 1) * step + block - padding - x.shape[2]))
    y = convolve(conv, x.unfold(2, block, step).transpose(1, 2).flatten(0, 1))
    return y.unflatten(0, (n, blocks)).transpose(1, 2).flatten(2)[..., :T]


def kernel_spectrum(conv, size):
    """Spectra of a layer's kernels, complex64 (size // 2 + 1, C, D), kept until its weights change."""
    state = conv.weight._version, conv.weight.device, size
    if getattr(conv, "state", None) != state:
        kernels = torch.fft.rfft(conv.weight.detach().flatten(2), size).conj()
        conv.state, conv.spectrum = state, kernels.permute(2, 1, 0).contiguous()
    return conv.spectrum
