"""Training of a stack of heads: batches, dropout, losses, and early stopping of each head."""

from typing import NamedTuple

import torch

from heads.network import Adam, Stack, first_weights, run

BATCH = 256  # sounds, about
APART = 10**9  # seeds of batches from seeds of first weights
EPOCHS, CHECK, PATIENCE = 200, 3, 10  # a head stops after PATIENCE checks, CHECK epochs apart, without gain


class Data(NamedTuple):
    """Sounds of one part for S seeds. x: (S, n, K); y: what they are to give, true and shuffled: factors
    (S, 2, n, F), or inputs of the views (S, 2, n, K). Each head takes one of the two.
    """

    x: torch.Tensor
    y: torch.Tensor

    def batch(self, rows, controls):
        """Inputs (S, 1, B, K) and what heads of `controls`, int (P,), are to give, (S, P, B, ...)."""
        seeds = torch.arange(len(rows), device=rows.device)[:, None]
        y = self.y.transpose(1, 2)[seeds, rows].transpose(1, 2)
        return self.x[seeds, rows].unsqueeze(1), y[:, controls]

    def whole(self, controls):
        return self.x.unsqueeze(1), self.y[:, controls]


def regression(stack, x, y, settings, kept=None):
    """Mean squared error of each head, (S, P)."""
    return ((run(stack, x, kept)[1] - y) ** 2).mean(dim=(-2, -1))


def contrast(stack, x, y, settings, kept=None):
    """InfoNCE of each head, (S, P): each sound is to find its view in the batch, and each view its sound.

    Source: van den Oord et al. (2018), in both directions as Radford et al. (2021).
    """
    n = x.shape[-2]
    both = torch.cat([x.expand(-1, y.shape[1], -1, -1), y], dim=-2)
    one, two = torch.nn.functional.normalize(run(stack, both, kept)[1], dim=-1).split(n, dim=-2)
    likeness = one @ two.transpose(-1, -2) / settings["temperature"]
    right = likeness.diagonal(dim1=-2, dim2=-1)
    return ((likeness.logsumexp(-1) + likeness.logsumexp(-2)) / 2 - right).mean(-1)


LOSSES = {"supervised": regression, "contrastive": contrast}


def column(points, name, device):
    """A setting of each point, (P, 1, 1)."""
    return torch.tensor([float(point.get(name, 0)) for point in points], device=device)[:, None, None]


class Draws:
    """What is random in training: the order of the sounds and dropout, drawn from each seed, on the CPU."""

    def __init__(self, seeds, device):
        self.generators, self.device = [torch.Generator().manual_seed(APART + seed) for seed in seeds], device

    def batches(self, n):
        """Rows of the batches of an epoch: a list of int (S, B)."""
        rows = torch.stack([torch.randperm(n, generator=g) for g in self.generators])
        return rows.to(self.device).tensor_split(max(1, round(n / BATCH)), dim=1)

    def kept(self, B, units, layers, dropout):
        """Per hidden layer 0 or 1 / (1 - dropout), (S, 1 or P, B, units). dropout: (P, 1, 1)."""
        dropout = dropout[:1] if (dropout == dropout[0]).all() else dropout
        drawn = [
            torch.stack([torch.rand(1, B, units, generator=g) for g in self.generators])
            for _ in range(layers)
        ]
        return [(u.to(self.device) >= dropout) / (1 - dropout) for u in drawn]


def fit(kind, seeds, points, controls, train, validation=None, epochs=EPOCHS, outputs=None):
    """Train a stack of heads of one shape. Returns the Stack and the epochs of each head, int (S, P).

    points: settings of the P heads; controls: int (P,), 0 for true and 1 for shuffled; train, validation:
    Data. Each head is as it was when its loss on `validation` was least; without it, as after all epochs.
    outputs: of the network.
    """
    device, loss = train.x.device, LOSSES[kind]
    layers, units = points[0]["hidden_layers"], points[0]["hidden_units"]
    stack = first_weights(seeds, points, layers, units, train.x.shape[-1], outputs, device)
    settings = {name: column(points, name, device) for name in ("learning_rate", "dropout", "temperature")}
    controls, adam, draws = (
        controls.to(device),
        Adam(stack.weights, settings["learning_rate"]),
        Draws(seeds, device),
    )
    best = Stack([w.clone() for w in stack.weights], [m.clone() for m in stack.moments])
    least = torch.full((len(seeds), len(points)), torch.inf, device=device)
    at, stopped = torch.zeros_like(least, dtype=torch.int64), torch.zeros_like(least, dtype=torch.bool)
    active = torch.arange(len(points), device=device)
    views = 2 if kind == "contrastive" else 1
    for epoch in range(1, epochs + 1):
        for rows in draws.batches(train.x.shape[1]):
            kept = draws.kept(views * rows.shape[1], units, layers, settings["dropout"])
            for weight in stack.weights:
                weight.requires_grad_(True)
            total = loss(stack, *train.batch(rows, controls), settings, kept).sum()
            gradients = torch.autograd.grad(total, stack.weights)
            for weight in stack.weights:
                weight.requires_grad_(False)
            adam.step(stack.weights, gradients)
        if validation is None or epoch % CHECK:
            continue
        losses = loss(stack, *validation.whole(controls), settings)
        better = (losses < least[:, active]) & ~stopped[:, active]
        seed, point = better.nonzero(as_tuple=True)
        for kept_best, now in zip(best.tensors(), stack.tensors(), strict=True):
            kept_best[seed, active[point]] = now[seed, point]
        least[seed, active[point]], at[seed, active[point]] = losses[better], epoch
        stopped |= epoch - at >= PATIENCE * CHECK
        still = (~stopped[:, active]).any(dim=0).nonzero()[:, 0]
        if not len(still):
            break
        if len(still) < len(active):
            active, controls, stack = active[still], controls[still], stack.at(still)
            adam.at(still)
            settings = {name: values[still] for name, values in settings.items()}
    if validation is None:
        return stack, torch.full_like(at, epochs)
    return best, at
