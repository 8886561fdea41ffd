"""Train the decoder of the synthesizer `neural`: a variational autoencoder with perceptual axes.

Source: Roche, Hueber, Garnier, Limier & Girin, "Make That Sound More Metallic" (TISMIR 4(1), 2021). They
train a variational autoencoder on spectra of synthesizer sounds. A term of its loss draws the first latent
axes towards listeners' ratings of a few sounds. Here the spectra are additive tones drawn at random, and two
descriptors, computed for each tone, replace the ratings: axis 0 follows the centroid, axis 1 the level of odd
over even harmonics. A second term is ours: what the decoder makes of any latents must have the centroid and
level that axes 0 and 1 state.

It writes an .npz: weight_i (in, out) and bias_i (out,) of the decoder's layers, and mean and scale (2,) of
ln(centroid) and of odd_even, which latents 0 and 1 follow standardised. It runs on the CPU in one thread, so
that the same seed and the same PyTorch on the same kind of processor give the same file.
"""

import argparse
import itertools

import numpy as np
import torch
from shared.files import written_whole

HARMONICS = 40
IN_BAND = 17  # harmonics below 7000 Hz of the highest tone, 400 Hz
LATENTS = 6  # the two perceptual axes and four free ones
WIDTH = 64  # of the hidden layers
SPECTRA, HELD_OUT = 2**15, 2**11
BATCH, EPOCHS = 256, 16
NOISE = 1.0  # dB: the standard deviation of a level around its reconstruction
AXES = 100.0  # weight of the perceptual terms


def spectra(n, rng):
    """Levels in dB of harmonics 1..HARMONICS of n random tones, float (n, HARMONICS), total power 0 dB.

    A tone has a slope of 0 to 18 dB per octave, even harmonics lowered by -8 to 32 dB, and two resonances,
    each of random centre (uniform in octaves), width (0.3 to 1 octave) and gain (-12 to 12 dB). The ranges
    exceed those of the factors, so that the decoder has learned more than it is asked for.
    """
    k = np.arange(1, HARMONICS + 1)
    slope, lowered = rng.uniform(0, 18, (n, 1)), rng.uniform(-8, 32, (n, 1))
    levels = -slope * np.log2(k) - lowered * (k % 2 == 0)
    for _ in range(2):
        centre = rng.uniform(0, np.log2(HARMONICS), (n, 1))
        width, gain = rng.uniform(0.3, 1, (n, 1)), rng.uniform(-12, 12, (n, 1))
        levels += gain * np.exp(-(((np.log2(k) - centre) / width) ** 2) / 2)
    return levels - 10 * np.log10((10 ** (levels / 10)).sum(axis=1, keepdims=True))


def labels(levels):
    """Ln centroid (harmonic number) and odd_even (dB) of levels (n, HARMONICS): tensor (n, 2).

    As descriptors of synthesizers/neural.py with every harmonic in the band, in PyTorch.
    """
    amplitudes = 10 ** (levels / 20)
    centroid = (amplitudes * torch.arange(1, HARMONICS + 1)).sum(1) / amplitudes.sum(1)
    odd, even = levels[:, 0::2], levels[:, 1:-1:2]  # of H harmonics, H even: the last has one neighbour
    odd_even = ((odd[:, :-1] + odd[:, 1:]) / 2 - even).mean(1)
    return torch.stack([torch.log(centroid), odd_even], dim=1)


def network(*sizes):
    """Dense layers with tanh between them."""
    layers = []
    for before, after in itertools.pairwise(sizes):
        layers += [torch.nn.Linear(before, after), torch.nn.Tanh()]
    return torch.nn.Sequential(*layers[:-1])


def losses(encode, decode, perceive, levels, generator):
    """Reconstruction (nats), divergence (nats), encoder's and decoder's perceptual term, each (B,).

    encode: levels (B, HARMONICS) to mean and log variance of the latents, each (B, LATENTS); decode:
    latents to levels; perceive: levels to standardised labels (B, 2).
    """
    mean, log_variance = encode(levels)
    latents = mean + torch.randn(mean.shape, generator=generator) * torch.exp(log_variance / 2)
    errors = (decode(latents) - levels) / NOISE
    divergence = (mean**2 + log_variance.exp() - 1 - log_variance) / 2
    # the latents and not their mean: else noise may drown axes 0 and 1 and the decoder do without them
    heard = perceive(levels)
    encoded = (latents[:, :2] - heard) ** 2
    # any free latents with any pair: else a free latent may come to carry the centroid beside axis 0
    free = torch.randn(len(levels), LATENTS - 2, generator=generator)
    decoded = (perceive(decode(torch.cat([heard, free], dim=1))) - heard) ** 2
    return (errors**2 / 2).sum(1), divergence.sum(1), encoded.sum(1), decoded.sum(1)


def train(levels, seed):
    """Train on levels (n, HARMONICS) in dB. Returns encoder, decoder, and the labels' mean and scale (2,).

    The encoder takes levels and gives mean and log variance side by side; the decoder gives levels.
    """
    torch.manual_seed(seed)
    generator = torch.Generator().manual_seed(seed)
    encoder = network(HARMONICS, WIDTH, WIDTH, 2 * LATENTS)
    decoder = network(LATENTS, WIDTH, WIDTH, HARMONICS)
    scale, mean = torch.std_mean(labels(levels), dim=0)
    centre = levels.mean(0)
    spread = (levels - centre).std()
    functions = (
        lambda levels: encoder((levels - centre) / spread).chunk(2, dim=1),
        lambda latents: centre + spread * decoder(latents),
        lambda levels: (labels(levels) - mean) / scale,
    )
    optimizer = torch.optim.Adam([*encoder.parameters(), *decoder.parameters()])
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 5e-3, total_steps=EPOCHS * len(levels) // BATCH)
    weights = torch.tensor([1, 1, AXES, AXES])
    for epoch in range(EPOCHS):
        sums = torch.zeros(4)
        for batch in torch.randperm(len(levels), generator=generator).split(BATCH):
            terms = torch.stack([term.mean() for term in losses(*functions, levels[batch], generator)])
            optimizer.zero_grad()
            (weights @ terms).backward()
            optimizer.step()
            schedule.step()
            sums += len(batch) / len(levels) * terms.detach()
        print(
            "epoch {}: reconstruction {:.2f} nats, divergence {:.2f} nats, "
            "axes {:.4f} (encoder), {:.4f} (decoder)".format(epoch + 1, *sums.tolist())
        )
    with torch.no_grad():  # from now on in dB
        encoder[0].weight /= spread
        encoder[0].bias -= encoder[0].weight @ centre
        decoder[-1].weight *= spread
        decoder[-1].bias.copy_(decoder[-1].bias * spread + centre)
    return encoder, decoder, mean, scale


def free_effects(decoder, generator):
    """Change of the levels per unit of each free latent, dB, at 1024 draws from the prior.

    Axes 0 and 1 move along with the latent so that the labels stay as they are, as in the synthesizer. A
    change that all of the first IN_BAND harmonics share is gain and does not count. Returns a tensor (1024,
    IN_BAND, LATENTS - 2).
    """

    def outputs(latents):
        levels = decoder(latents)
        return levels, labels(levels[None])[0]

    draws = torch.randn(1024, LATENTS, generator=generator)
    levels, heard = (slope.detach() for slope in torch.func.vmap(torch.func.jacfwd(outputs))(draws))
    changes = levels[:, :, 2:] - levels[:, :, :2] @ torch.linalg.solve(heard[:, :, :2], heard[:, :, 2:])
    return changes[:, :IN_BAND] - changes[:, :IN_BAND].mean(1, keepdim=True)


def order_free_latents(decoder, generator):
    """Rotate the free latents of a decoder, in place, so that they change the levels most to least.

    The prior is the same in every direction, so training leaves the free axes in any direction. This choice
    gives latents 2 and 3 a meaning. A positive step raises the harmonic that changes most.
    """
    changes = free_effects(decoder, generator)
    directions = torch.linalg.eigh((changes.transpose(1, 2) @ changes).mean(0)).eigenvectors.flip(1)
    means = changes.mean(0) @ directions
    signs = means.gather(0, means.abs().argmax(0, keepdim=True)).sign()
    with torch.no_grad():
        decoder[0].weight[:, 2:] = decoder[0].weight[:, 2:] @ (directions * signs)


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, required=True, help="of the spectra, the weights and the batches")
    parser.add_argument("--output", required=True, help="decoder to write (.npz)")
    args = parser.parse_args(argv)
    torch.set_num_threads(1)  # the order of sums, and so the file, would depend on the number of cores
    torch.use_deterministic_algorithms(True)

    rng = np.random.default_rng(args.seed)
    levels, unseen = (torch.tensor(spectra(n, rng), dtype=torch.float32) for n in (SPECTRA, HELD_OUT))
    encoder, decoder, mean, scale = train(levels, args.seed)
    generator = torch.Generator().manual_seed(args.seed)
    with torch.no_grad():
        latents = encoder(unseen)[:, :LATENTS]
        error = (decoder(latents) - unseen).square().mean().sqrt()
        heard = labels(unseen)
        free = torch.randn(HELD_OUT, LATENTS - 2, generator=generator)
        decoded = labels(decoder(torch.cat([(heard - mean) / scale, free], dim=1)))
    print(f"held out: error {error:.2f} dB rms")
    for j, name in enumerate(("ln centroid", "odd_even")):
        encoded, controlled = (
            torch.corrcoef(torch.stack([heard[:, j], x[:, j]]))[0, 1] for x in (latents, decoded)
        )
        print(f"held out: correlation of {name} with axis {j} {encoded:.4f}, as decoded {controlled:.4f}")
    order_free_latents(decoder, generator)
    strengths = free_effects(decoder, generator).square().mean((0, 1)).sqrt().tolist()
    print("change of the levels per unit of each free latent, dB rms:", *(f"{s:.2f}" for s in strengths))

    dense = [layer for layer in decoder if isinstance(layer, torch.nn.Linear)]
    arrays = {f"weight_{i}": layer.weight.detach().numpy().T for i, layer in enumerate(dense)}
    arrays |= {f"bias_{i}": layer.bias.detach().numpy() for i, layer in enumerate(dense)}
    with written_whole(args.output) as draft:
        np.savez(draft, **arrays, mean=mean.numpy(), scale=scale.numpy())
