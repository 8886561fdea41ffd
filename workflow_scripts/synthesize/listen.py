"""Listen to a synthesizer: each factor in turn at the low end, the middle and the high end of its range.

    python workflow_scripts synthesize.listen drum --output drum.ogg

The other factors stay at their default. It prints what is heard when. Run it with
resources/environments/analysis/bin/python, or any Python that has numpy, scipy and soundfile.
"""

import argparse
import json
import sys

import numpy as np
import soundfile
from shared.files import written_whole
from shared.scales import off_scale, on_scale

from synthesize.synthesize import check_options, load_synthesizer, synthesized

PAUSE = 0.2  # s, between sounds
LEVEL = 0.1  # RMS, of each sound or, if a factor sets the level, of the highest


def sweep(factors):
    """Settings that move one factor at a time: list of (factor, value), low, middle and high of each."""
    settings = []
    for name, factor in factors.items():
        low, high = on_scale([factor["low"], factor["high"]], factor["scale"])
        settings += [(name, float(off_scale(place, factor["scale"]))) for place in np.linspace(low, high, 3)]
    return settings


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("synthesizer", help="a file of synthesizers/ by its name, or the path of your own")
    parser.add_argument("--factors", nargs="*", help="which to move (default: the first five)")
    parser.add_argument("--options", type=json.loads, default={}, help="of the synthesizer, JSON")
    parser.add_argument("--rate", type=int, default=16000, help="sample rate, Hz")
    parser.add_argument("--duration", type=float, default=1.4, help="of each sound, s")
    parser.add_argument("--output", required=True, help="audio file to write (.wav, .flac, .ogg)")
    args = parser.parse_args(argv)
    try:
        synthesizer = load_synthesizer(args.synthesizer)
        check_options({"synthesizer": args.synthesizer, "options": args.options}, synthesizer)
        chosen = args.factors or list(synthesizer.FACTORS)[:5]
        if not chosen or not set(chosen) <= set(synthesizer.FACTORS):
            known = ", ".join(synthesizer.FACTORS) or "none of its own"
            raise ValueError(f"name factors of {args.synthesizer}: {known}")
        if args.synthesizer == "neural" and "trained" not in args.options:
            raise ValueError('state --options \'{"trained": "results/neural/sounds/trained.npz"}\'')
    except ValueError as problem:
        sys.exit(f"error: {problem}")
    settings = sweep({name: synthesizer.FACTORS[name] for name in chosen})
    entries = {**synthesizer.FACTORS, **getattr(synthesizer, "NUISANCES", {})}
    parameters = {name: np.full(len(settings), float(entry["default"])) for name, entry in entries.items()}
    for i, (name, value) in enumerate(settings):
        parameters[name][i] = value
    try:
        sounds, _ = synthesized(synthesizer, parameters, args.rate, args.duration, args.options)
    except ValueError as problem:
        sys.exit(f"error: {problem}")
    rms = np.sqrt(np.mean(sounds**2, axis=1, keepdims=True))
    one_level = not any(entry.get("sets_level") for entry in entries.values())
    sounds = sounds * LEVEL / (rms if one_level else rms.max())
    sounds = sounds / max(1, np.abs(sounds).max())
    sounds = np.pad(sounds, ((0, 0), (0, round(PAUSE * args.rate))))
    with written_whole(args.output) as draft:
        soundfile.write(draft, sounds.ravel(), args.rate)
    for i, (name, value) in enumerate(settings):
        print(f"{i * (args.duration + PAUSE):5.1f} s  {name} = {value:.4g} {entries[name]['unit']}")
