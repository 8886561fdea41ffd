"""Which data sets have the analysis of pitch, and what a config may not say of it."""

import pytest
from helpers import checked_with
from planning.analyses import kinds_of, of_kinds, read_analyses, setting_of
from snakemake.exceptions import WorkflowError

FAULTS = [
    (
        {"analyses": {"pitch": "f1"}},
        "analyses.pitch: data sets have factors of their own; state it below `analyses` of a data set",
    ),
    (
        {"datasets": {"tones": {"analyses": {"pitch": "f0"}}}},
        "datasets.tones.analyses.pitch: the data set has no factor 'f0', known: brightness, f1, odd_even",
    ),
    (
        {"datasets": {"tones": {"analyses": {"pitch": "odd_even"}}}},
        "datasets.tones.analyses.pitch: the unit of odd_even is dB, and a pitch must be in Hz",
    ),
    (
        {"datasets": {"tones": {"analyses": {"pitch": "f1"}}}},
        "datasets.tones.analyses.pitch: f1 must span 3 octaves or more, not 200 to 400 Hz",
    ),
    (
        {"datasets": {"ladder": {"analyses": {"pitch": "f1"}}}},
        "datasets.ladder.analyses.pitch: a ladder shows no octaves; state it for tones instead",
    ),
]


@pytest.mark.parametrize(("change", "sentence"), FAULTS)
def test_a_pitch_without_octaves_is_refused_in_one_sentence(change, sentence):
    with pytest.raises(WorkflowError) as fault:
        checked_with(change)
    assert str(fault.value).splitlines() == [f"config: {sentence}"]


def test_only_a_data_set_that_states_its_pitch_is_analysed():
    config = checked_with({"run": {"datasets": ["octaves", "tones"]}})
    kinds = {name: kinds_of(config["datasets"][name]) for name in ("octaves", "tones", "ladder")}
    assert {name: "pitch" in of_kinds(read_analyses(), kind) for name, kind in kinds.items()} == {
        "octaves": True,
        "tones": False,
        "ladder": False,
    }
    assert setting_of("pitch", config, "octaves", {}) == "f1"
