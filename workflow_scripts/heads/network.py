"""Many heads as one stacked network: S seeds x P points of the grid in the leading dimensions of each tensor.

A head is linear layers, each followed by batch normalisation, dropout and a rectifier, as in HEAR's
evaluation kit (Turian et al. 2022), and a linear output. All heads of a stack have one shape; their other
settings differ. What is random (first weights, order of the sounds, dropout) is drawn from the seed alone,
the same for every point. So a head learns the same alone and in a stack, and points differ by their settings
only.
"""

from typing import NamedTuple

import torch

MOMENTUM, EPSILON = 0.1, 1e-5  # of batch normalisation, PyTorch's defaults
BETAS, ADAM_EPSILON = (0.9, 0.999), 1e-8  # of Adam, PyTorch's defaults


class Stack(NamedTuple):
    """The heads of one shape.

    weights: per hidden layer W (S, P, in, H), gain and offset (S, P, 1, H); then the output's W (S, P, H, O)
    and bias (S, P, 1, O). moments: per hidden layer mean and variance (S, P, 1, H).
    """

    weights: list
    moments: list

    def at(self, points):
        """The heads of some points, int (p,)."""
        return Stack([w[:, points] for w in self.weights], [m[:, points] for m in self.moments])

    def tensors(self):
        return [*self.weights, *self.moments]


def first_weights(seeds, points, layers, units, inputs, outputs, device):
    """The Stack before training. Weights are Xavier's, uniform or normal, with the gain of a rectifier.

    seeds: ints; points: [{initialization, ...}].
    """
    sizes = [inputs, *[units] * layers, outputs]
    drawn = []
    for seed in seeds:
        generator = torch.Generator().manual_seed(seed)
        drawn.append([torch.rand(2, sizes[i], sizes[i + 1], generator=generator) for i in range(layers + 1)])
    weights, moments = [], []
    for i in range(layers + 1):
        gain = 1 if i == 0 else 2**0.5
        spread = gain * (2 / (sizes[i] + sizes[i + 1])) ** 0.5
        per_seed = []
        for u in (one[i] for one in drawn):
            kinds = {
                "xavier_uniform": (2 * u[0] - 1) * spread * 3**0.5,
                "xavier_normal": torch.special.ndtri(u[0].clamp(1e-6, 1 - 1e-6)) * spread,
            }
            per_seed.append(torch.stack([kinds[point["initialization"]] for point in points]))
        weights.append(torch.stack(per_seed))
        shape = len(seeds), len(points), 1, sizes[i + 1]
        if i < layers:
            weights += [torch.ones(shape), torch.zeros(shape)]
            moments += [torch.zeros(shape), torch.ones(shape)]
        else:
            weights.append(torch.zeros(shape))
    return Stack([w.to(device) for w in weights], [m.to(device) for m in moments])


def run(stack, x, kept=None):
    """Last hidden activations (S, P, B, H) and outputs (S, P, B, O) of inputs x (S, 1 or P, B, K).

    kept: for training, per hidden layer what dropout multiplies with, (S, 1 or P, B, H): the batch is then
    normalised by its own moments, of which the stack's are running means. Without it the stack's are taken.
    """
    for i in range(len(stack.moments) // 2):
        weight, gain, offset = stack.weights[3 * i : 3 * i + 3]
        mean, variance = stack.moments[2 * i : 2 * i + 2]
        x = torch.matmul(x, weight)
        if kept is not None:
            running, n = (mean, variance), x.shape[-2]
            variance, mean = torch.var_mean(x, dim=-2, keepdim=True, correction=0)
            with torch.no_grad():
                for old, new in zip(running, (mean, variance * n / (n - 1)), strict=True):
                    old.lerp_(new, MOMENTUM)
        slope = gain * torch.rsqrt(variance + EPSILON)
        x = x * slope + (offset - mean * slope)
        if kept is not None:
            x = x * kept[i]
        x = torch.relu(x)
    return x, torch.matmul(x, stack.weights[-2]) + stack.weights[-1]


class Adam:
    """Adam (Kingma & Ba 2015) with a learning rate for each point. rates: (P, 1, 1)."""

    def __init__(self, weights, rates):
        self.rates, self.steps = rates, 0
        self.means, self.squares = ([torch.zeros_like(w) for w in weights] for _ in range(2))

    @torch.no_grad()
    def step(self, weights, gradients):
        """Change weights in place."""
        self.steps += 1
        corrections = [1 - beta**self.steps for beta in BETAS]
        for weight, gradient, mean, square in zip(weights, gradients, self.means, self.squares, strict=True):
            mean.lerp_(gradient, 1 - BETAS[0])
            square.mul_(BETAS[1]).addcmul_(gradient, gradient, value=1 - BETAS[1])
            size = (square / corrections[1]).sqrt_().add_(ADAM_EPSILON)
            weight.sub_(torch.div(mean, size, out=size).mul_(self.rates / corrections[0]))

    def at(self, points):
        """Keep some points alone, int (p,)."""
        self.rates = self.rates[points]
        self.means, self.squares = ([t[:, points] for t in ts] for ts in (self.means, self.squares))


def plain(stack, seed, point):
    """One head as layers without normalisation: [(W, b), ...] of NumPy float64, the output last."""
    weights = [w[seed, point].double().cpu().numpy() for w in stack.weights]
    moments = [m[seed, point].double().cpu().numpy() for m in stack.moments]
    layers = []
    for i in range(len(moments) // 2):
        weight, gain, offset = weights[3 * i : 3 * i + 3]
        mean, variance = moments[2 * i : 2 * i + 2]
        slope = gain / (variance + EPSILON) ** 0.5
        layers.append((weight * slope, (offset - mean * slope)[0]))
    return [*layers, (weights[-2], weights[-1][0])]
