"""Adapters of the hub's models: what of an answer is the embedding, and codecs as transformers runs them."""

import json
import os
import subprocess

import pytest
from conftest import ROOT, built

pytestmark = [pytest.mark.network, pytest.mark.environments("transformers")]
CODE = """
import json
import sys
import torch
import transformers
from adapters import codec, transformers_audio
from adapters.transformers_audio import checked_pooling, part_of
from transformers.modeling_outputs import BaseModelOutputWithPooling

torch.manual_seed(0)
small = {"num_filters": 4, "hidden_size": 32, "codebook_dim": 32}
inner = {"num_hidden_layers": 1, "num_attention_heads": 2, "num_key_value_heads": 2, "head_dim": 16}
mimi = {"vector_quantization_hidden_dimension": 32, "intermediate_size": 32, "upsample_groups": 32}
stereo = {"audio_channels": 2, "normalize": True, "use_causal_conv": False, "target_bandwidths": [6.0, 24.0]}
stereo |= {"norm_type": "time_group_norm"}
dac = {"encoder_hidden_size": 4, "decoder_hidden_size": 64, "n_codebooks": 3}
made = {
    "encodec": transformers.EncodecModel(transformers.EncodecConfig(**small)),
    "stereo": transformers.EncodecModel(transformers.EncodecConfig(**small, **stereo)),
    "dac": transformers.DacModel(transformers.DacConfig(**dac)),
    "mimi": transformers.MimiModel(transformers.MimiConfig(**small, **inner, **mimi, num_quantizers=6)),
}
audio = 0.1 * torch.randn(3, 12000)
found = {}
for name, network in made.items():
    for part, values in network.named_buffers():
        if part.endswith(("codebook.embed", "codebook.embed_sum")):
            values.normal_(std=0.05)
    network.save_pretrained(f"{sys.argv[1]}/{name}")
    network.eval()
    sounds = audio[:, None].expand(-1, network.config.audio_channels if name == "stereo" else 1, -1)
    with torch.no_grad():
        if name == "dac":
            whole = network.encode(sounds).quantized_representation
            first = network.encode(sounds, n_quantizers=2).quantized_representation
        else:
            words = {"mimi": {}, "encodec": {"bandwidth": 24.0}, "stereo": {"bandwidth": 24.0}}[name]
            codes = network.encode(sounds, **words).audio_codes
            codes = codes.transpose(0, 1) if name == "mimi" else codes[0].transpose(0, 1)
            order = (lambda codes: codes.transpose(0, 1)) if name == "mimi" else (lambda codes: codes)
            whole, first = (network.quantizer.decode(order(codes[:n])) for n in (None, 2))
        folder = f"{sys.argv[1]}/{name}"
        own = [codec.load_model(folder, stage="after", quantizers=n)(audio) for n in (0, 2)]
        before = codec.load_model(folder)
        alone, together = before(audio[1:2]), before(audio)[1:2]
    size = float(own[0].abs().max())
    found[name] = {
        "whole": float((own[0] - whole.mean(2)).abs().max()) / size,
        "first": float((own[1] - first.mean(2)).abs().max()) / size,
        "differ": float((own[0] - own[1]).abs().max()) / size,
        "alone": float((alone - together).abs().max() / together.abs().max()),
    }

frames = torch.arange(24.0).reshape(2, 3, 4)
answer = BaseModelOutputWithPooling(last_hidden_state=frames, hidden_states=(frames, 2 * frames))
parts = {"last_hidden_state": 1, "0": 1, "hidden_states.-1": 2, "hidden_states.0": 1, "1.1": 2}
found["parts"] = [bool((part_of(answer, output) == scale * frames).all()) for output, scale in parts.items()]
found["tensor"] = bool((part_of(frames, "") == frames).all())
found["poolings"] = [checked_pooling(name)(frames)[1, 0].item() for name in ("mean", "max", "first")]
found["sentences"] = []
wrong = [(answer, "logits"), (answer, "hidden_states.2"), (answer, "hidden_states"), (frames, "0")]
for value, output in wrong:
    try:
        part_of(value, output)
    except ValueError as problem:
        found["sentences"].append(str(problem))

folder = f"{sys.argv[1]}/wav2vec2"
small = {"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 32}
small |= {"conv_dim": [8] * 7, "feat_extract_norm": "layer", "num_conv_pos_embeddings": 16}
transformers.Wav2Vec2Model(transformers.Wav2Vec2Config(**small)).save_pretrained(folder)
transformers.Wav2Vec2FeatureExtractor(do_normalize=False).save_pretrained(folder)
model = transformers_audio.load_model(folder, output="extract_features")
sounds = torch.zeros(2, 16000)
sounds[1, 8000:8160] = torch.randn(160)
with torch.no_grad():
    frames, times = transformers_audio.get_timestamp_embeddings(sounds, model)
    scenes = transformers_audio.get_scene_embeddings(sounds, model)
found["moments"] = {
    "frames": frames.shape[1],
    "click": times[1, (frames[1] - frames[0]).norm(dim=1).argmax()].item(),
    "mean": float((frames.mean(1) - scenes).abs().max()),
    "first": times[0, 0].item(),
}
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """What CODE finds in the environment of the adapters."""
    [folder] = built("transformers")
    words = [folder / "bin" / "python", "-c", CODE, tmp_path_factory.mktemp("codecs")]
    done = subprocess.run(
        words, cwd=ROOT / "workflow_scripts", env=os.environ, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize("name", ["encodec", "stereo", "dac", "mimi"])
def test_a_codec_behind_its_quantiser_is_what_transformers_codes_say(found, name):
    assert found[name]["whole"] < 1e-5
    assert found[name]["first"] < 1e-5
    assert found[name]["differ"] > 0.01
    assert found[name]["alone"] < 1e-4


def test_the_output_names_a_part_of_the_answer(found):
    assert found["parts"] == [True] * 5
    assert found["tensor"]
    assert found["poolings"] == [16, 20, 12]


def test_an_output_that_is_not_there_is_told_with_what_is(found):
    assert found["sentences"] == [
        "output 'logits': there is no 'logits' in an answer with the names last_hidden_state, hidden_states",
        "output 'hidden_states.2': there is no '2' in an answer with 2 parts",
        "output 'hidden_states' is no tensor but has parts of its own: go on with one of 0 to 1",
        "output '0': there is no '0' in an answer with no parts",
    ]


def test_moments_are_where_they_are_heard(found):
    """wav2vec 2.0 has a frame every 20 ms; a click of 10 ms at half a second moves the frame there."""
    moments = found["moments"]
    assert moments["frames"] == 49
    assert moments["click"] == pytest.approx(505, abs=20)
    assert moments["mean"] < 1e-6
    assert 0 < moments["first"] < 20.5
