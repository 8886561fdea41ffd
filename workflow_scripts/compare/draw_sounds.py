"""Figure 2: waveforms, spectra and, of longer clips, spectrograms of 25 sounds over the last two factors."""

import numpy as np
import pandas
from matplotlib.figure import Figure
from shared.arguments import figure_parser
from shared.drawing import COLORS, write_figure
from shared.sounds import Sounds

FIGURE = {
    "of": "any",
    "order": 10,
    "reads": ["parameters", "audio"],
    "takes": ["factors"],
    "heading": "Figure 2. Sounds of this data set",
    "caption": "Waveforms (blue), spectra (red) and, of clips longer than 0.1 s, spectrograms of 25 sounds, "
    "evenly spread over the last two factors.",
}

SIDE = 5
FLOOR = -80  # dB


def lattice(table, factors, side=SIDE):
    """The sound nearest to each point of a side x side lattice, int (side, side).

    The lattice runs over the last factor (columns) and the one before it (rows), evenly in rank, so
    that any design is covered. With a single factor, its sounds in order fill the lattice.
    """
    ranks = table[factors].rank(pct=True).to_numpy()
    if len(factors) == 1:
        order = np.argsort(ranks[:, 0], kind="stable")
        return order[np.linspace(0, len(order) - 1, side**2).round().astype(int)].reshape(side, side)
    steps = np.linspace(0, 1, side)
    points = np.stack(np.meshgrid(steps, steps, indexing="ij"), axis=-1)
    distances = np.abs(points[:, :, None] - ranks[:, -2:]).sum(axis=-1)
    return distances.argmin(axis=-1)


def spectrum(sound):
    """Magnitude spectrum in dB relative to its peak, one side, no window: float (T // 2 + 1,)."""
    magnitude = np.abs(np.fft.rfft(sound))
    peak = magnitude.max() or 1
    return np.maximum(20 * np.log10(np.maximum(magnitude / peak, 1e-9)), FLOOR)


def short_time_spectra(sound, rate, seconds=0.03):
    """Spectrogram in dB relative to its peak: float (frequencies, frames), Hann frames, half overlapping."""
    length = round(seconds * rate)
    starts = np.arange(0, len(sound) - length, length // 2)
    frames = np.stack([sound[i : i + length] for i in starts]) * np.hanning(length)
    magnitude = np.abs(np.fft.rfft(frames)).T
    return np.maximum(20 * np.log10(np.maximum(magnitude / (magnitude.max() or 1), 1e-9)), FLOOR)


PANELS = {  # name: axis across, axis up
    "waveforms": ("time (ms)", "amplitude"),
    "spectra": ("frequency (kHz)", "level (dB re peak)"),
    "spectrograms": ("time (ms)", "frequency (kHz), 80 dB from blue to yellow"),
}


def draw(table, factors, chosen, sounds, rate):
    """The figure. table: DataFrame; factors: {name: entry}; chosen: int (5, 5); sounds (25, T)."""
    T = sounds.shape[1]
    panels = list(PANELS)[: 3 if T / rate > 0.1 else 2]
    figure = Figure(figsize=(7.5 * len(panels), 8), layout="constrained")
    frequencies = np.fft.rfftfreq(T, 1 / rate) / 1000
    times = np.arange(T) / rate * 1000
    names = list(factors)
    down = names[-2] if len(names) > 1 else names[-1]
    for part, name in zip(figure.subfigures(1, len(panels)), panels, strict=True):
        axes = part.subplots(SIDE, SIDE, sharex=True, sharey=True)
        part.suptitle(f"{name}: {names[-1]} grows to the right, {down} downwards\n({', '.join(names[-3:])})")
        for axis, row, sound in zip(axes.flat, chosen.flat, sounds, strict=True):
            if name == "waveforms":
                axis.plot(times, sound, color="tab:blue", linewidth=0.5)
            elif name == "spectra":
                axis.plot(frequencies, spectrum(sound), color="tab:red", linewidth=0.5)
            else:
                levels = short_time_spectra(sound, rate)
                extent = (0, times[-1], 0, rate / 2000)
                axis.imshow(
                    levels, origin="lower", aspect="auto", extent=extent, cmap=COLORS, vmin=FLOOR, vmax=0
                )
            axis.set_title(", ".join(f"{table[n][row]:.3g}" for n in names[-3:]), fontsize=7, pad=2)
            axis.tick_params(labelsize=7)
        part.supxlabel(PANELS[name][0], fontsize=9)
        part.supylabel(PANELS[name][1], fontsize=9)
    return figure


def main(argv=None):
    args = figure_parser(__doc__, FIGURE).parse_args(argv)
    table = pandas.read_csv(args.parameters)
    chosen = lattice(table, list(args.factors))
    sounds = Sounds(args.audio, len(table), "float64")
    write_figure(draw(table, args.factors, chosen, sounds[chosen.ravel()], sounds.rate), args.output)
