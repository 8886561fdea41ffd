"""How often the intervals of the scores hold the truth, and how often chance or a difference is told wrongly.

Run by hand from the clone, in the analysis environment:
    resources/environments/analysis/bin/python benchmarks/calibration.py --N 256 --draws 40

Sounds are drawn anew, `--draws` times, and two models that are equal by construction embed them. Kinds:
`noise` is Gaussian in 16 dimensions and knows no factor; `mel` is the time-averaged log-mel spectrum (40
bands) of `tones`, each model with faint noise of its own. Columns:
- covers: share of the intervals that hold the mean of the score over all draws; it should be 0.95.
- width: of the intervals, over 3.92 standard deviations of the score over draws; it should be 1.
- above, below: shares of the intervals that lie on one side of chance. Of noise, 0.025 each should.
- families: share of the draws in which any difference of the two models is called real in this metric; it
  should be 0.05 at most.
"""

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "workflow_scripts"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "analyse"))

import numpy as np
import pandas
import yaml
from cloud_scores import scores_and_replicates
from compare.compare import differences
from planning.datasets import definition, resolve
from synthesize import synthesize

MODELS = ("one", "other")
DIMENSIONS, BANDS, WINDOW = 16, 40, 1024
FAINT = 0.05  # of the spread of a feature
WITHOUT = ("trust",)  # has no intervals


def mel_filters(sample_rate):
    """Triangular filters, (BANDS, WINDOW // 2 + 1), evenly spaced on the mel scale."""
    mels = np.linspace(0, 2595 * np.log10(1 + sample_rate / 1400), BANDS + 2)
    low, peak, high = (700 * (10 ** (mels[i : BANDS + i, None] / 2595) - 1) for i in range(3))
    bins = np.fft.rfftfreq(WINDOW, 1 / sample_rate)
    return np.maximum(0, np.minimum((bins - low) / (peak - low), (high - bins) / (high - peak)))


def mel_spectra(sounds, sample_rate):
    """Time-averaged log-mel spectra, (n, BANDS). sounds: (n, T)."""
    frames = np.lib.stride_tricks.sliding_window_view(sounds, WINDOW, axis=1)[:, ::WINDOW]
    power = np.abs(np.fft.rfft(frames * np.hanning(WINDOW))) ** 2
    return np.log10(power @ mel_filters(sample_rate).T + 1e-6).mean(axis=1)


def draw(kind, N, seed):
    """Entry and table of the sounds of one draw, and their embeddings by both MODELS, (2, N, D)."""
    tones = yaml.safe_load(Path("config.yaml").read_text())["datasets"]["tones"]
    entry = resolve(tones | {"N": N, "seed": seed})
    stated = json.loads(definition(entry))
    synthesizer, table = synthesize.load_synthesizer(entry["synthesizer"]), synthesize.draw(stated)
    rng = np.random.default_rng(seed)
    if kind == "noise":
        return entry, table, rng.standard_normal((2, N, DIMENSIONS))
    blocks = synthesize.finished(stated, synthesizer, table)
    spectra = np.concatenate([mel_spectra(block.astype(float), entry["sample_rate"]) for block in blocks])
    noise = FAINT * spectra.std(axis=0) * rng.standard_normal((2, *spectra.shape))
    return entry, table, spectra + noise


def one_draw(kind, N, seed, shuffles):
    """Score rows of both models, and the metrics in which a difference of the two is called real."""
    entry, table, embeddings = draw(kind, N, seed)
    settings = {"factors": json.dumps(entry["factors"]), "nuisances": json.dumps(entry["nuisances"])}
    settings |= {"isomap.K": round(1.25 * N**0.5), "isomap.bridge": True, "knn.K": 16, "seed": seed}
    settings |= {"knn.include_self": False, "standardize": False, "design": entry["design"]}
    settings |= {"reduce": None, "metric": None}
    settings |= {"bootstrap": 1000, "shuffles": shuffles}
    listed = 2 * settings["isomap.K"]
    with tempfile.TemporaryDirectory() as scratch:
        both = [
            scores_and_replicates(model, points, table, Path(scratch), listed, settings, WITHOUT)
            for model, points in zip(MODELS, embeddings, strict=True)
        ]
    rows = pandas.concat([rows for rows, _ in both], ignore_index=True)
    told = differences(rows.fillna({"factor": "", "other": ""}), np.concatenate([kept for _, kept in both]))
    real = {*told[told.real == "yes"][["analysis", "metric"]].itertuples(index=False, name=None)}
    return rows.assign(draw=seed), real


def summary(rows, real):
    """The table of one kind, a row per metric. rows: score rows of all draws; real: metrics of each draw."""
    rows = rows[rows.value.notna() & rows.low.notna()].fillna({"factor": "", "other": ""})
    lines = []
    for (analysis, metric), group in rows.groupby(["analysis", "metric"], sort=False):
        scores = group.groupby(["factor", "other", "model"])
        mean, spread = (scores.value.transform(how) for how in ("mean", "std"))
        group = group.assign(
            covers=(group.low <= mean) & (mean <= group.high),
            width=(group.high - group.low) / (3.92 * spread),
            above=group.low > group.chance,
            below=group.high < group.chance,
        )
        figures = group[["covers", "width", "above", "below"]].astype(float).replace(np.inf, np.nan).mean()
        without = group.chance.isna().all()
        told = np.mean([(analysis, metric) in metrics for metrics in real])
        sides = ("", "") if without else (f"{figures.above:.3f}", f"{figures.below:.3f}")
        lines.append(
            [
                f"{analysis} {metric}",
                len(group),
                f"{figures.covers:.2f}",
                f"{figures.width:.2f}",
                *sides,
                f"{told:.2f}",
            ]
        )
    return lines


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--N", type=int, default=256, help="sounds")
    parser.add_argument("--draws", type=int, default=40, help="of the sounds")
    parser.add_argument("--kinds", nargs="+", default=["noise", "mel"], help="of embeddings")
    parser.add_argument("--shuffles", type=int, default=10, help="for the chance levels")
    args = parser.parse_args(argv)
    for kind in args.kinds:
        drawn = [one_draw(kind, args.N, 1000 + i, args.shuffles) for i in range(args.draws)]
        rows = pandas.concat([rows for rows, _ in drawn], ignore_index=True)
        print(f"{kind}, N = {args.N}, {args.draws} draws, 2 models")
        print("| score | intervals | covers | width | above | below | families |")
        print("|---|---|---|---|---|---|---|")
        for line in summary(rows, [real for _, real in drawn]):
            print(f"| {' | '.join(map(str, line))} |")
        print(flush=True)


if __name__ == "__main__":
    main()
