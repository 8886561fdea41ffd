"""What the tests of listening experiments share: two experiments, and their data sets."""

from conftest import ROOT
from synthesizers import complex_tone

LISTENERS = ROOT / "data" / "listeners"
STEPS = [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 25.6]
LOWEST_HARMONIC = {
    "listeners": str(LISTENERS / "bernstein_oxenham2005.csv"),
    "source": "Bernstein & Oxenham 2005",
    "answer": "f0_threshold_percent",
    "along": "lowest_harmonic",
    "only": {"phase": ["sine"], "spectrum": ["low"], "f0_hz": [50, 100, 200, 300]},
    "parameters": {"f0": "f0_hz", "centre": 3000, "width": 1000, "level": -52, "noise": -67},
    "threshold": {"knob": "step", "steps": STEPS, "plain": 5, "moved": 2},
}
SHIFTED = {
    "listeners": str(LISTENERS / "moore_moore2003.csv"),
    "source": "Moore & Moore 2003",
    "answer": "pitch_shift_percent",
    "along": "shift_percent_of_f0",
    "only": {"f0_hz": [200], "envelope_centre_harmonic": [5]},
    "parameters": {"f0": "f0_hz", "centre": 1000, "width": 600, "skirt": 300, "shift": "shift_percent_of_f0"},
    "pitch": {"of": "f0", "alike": ["f0_hz"], "ordinary": 32, "within": 1.12, "odd": 3},
}


def entry_of(asked, **changes):
    """A data set's definition of an experiment, as the scripts get it."""
    knob = ["step"] if "threshold" in asked else []
    names = [*asked["parameters"], *knob, *asked.get("pitch", {}).get("as", [])]
    entry = {
        "synthesizer": "complex_tone",
        "design": "sobol",
        "seed": 0,
        "sample_rate": 16000,
        "duration": 0.5,
    }
    entry |= {"factors": {name: complex_tone.FACTORS[name] for name in names}, "normalize": "none"}
    return entry | {"nuisances": {"draw": {"integers": 2**31 - 1}}, "experiment": asked} | changes
