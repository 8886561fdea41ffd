"""The entries of catalogues/transformers.yaml in their real size, on random weights.

    resources/environments/transformers/bin/python benchmarks/hub_models.py [--models wavlm ast] > table.md

For each entry whose class transformers has: its configuration with the published hyper-parameters, random
weights, saved as a snapshot of the hub is, and eight tones of 0.25 s embedded from there by embed.embed as
a job would. It shows that the entry loads, its embedding's size, time and memory, and what the audit says;
nothing of what training gives. Columns:

    parameters   of the whole network, in millions (of CLAP and Whisper also the half that is not used)
    D            size of the embedding, checked against the entry
    s            seconds of eight sounds, after loading, on the cores of OMP_NUM_THREADS
    MB           peak resident memory of the job
    audit        `as alone` if a batch gives each sound what it gets alone; `varies` if the sounds differ

Codebooks are drawn, because transformers begins them with zeros. Entries with code of their own need
`--code`, a folder with the files of it. The benchmark trusts them: it states whatever digests they have.
"""

import argparse
import json
import multiprocessing
import os
import shutil
import sys
import tempfile
from pathlib import Path

import numpy as np
import soundfile
import torch
import transformers
import yaml
from transformers.dynamic_module_utils import get_class_from_dynamic_module

ROOT = Path(__file__).parent.parent
os.environ.setdefault("OMP_NUM_THREADS", "1")
sys.path.insert(0, str(ROOT / "workflow_scripts"))
WAVEFORM = ("Wav2Vec2FeatureExtractor", {"sampling_rate": 16000})
MUSIC = ("Wav2Vec2FeatureExtractor", {"sampling_rate": 24000})
NORMS = {"feat_extract_norm": "layer", "do_stable_layer_norm": True, "conv_bias": True}
CLAP = {"truncation": "rand_trunc", "padding": "repeatpad"}
LARGER = {
    "patch_embeds_hidden_size": 128,
    "hidden_size": 1024,
    "depths": [2, 2, 12, 2],
    "num_attention_heads": [4, 8, 16, 32],
}


def sized(hidden, layers, heads, **more):
    """Hyper-parameters of a transformer whose inner layers are four times as wide."""
    return {
        "hidden_size": hidden,
        "num_hidden_layers": layers,
        "num_attention_heads": heads,
        "intermediate_size": 4 * hidden,
        **more,
    }


def whisper(hidden, layers, heads, decoder_layers=None, bands=80):
    """Configuration and extractor of a Whisper."""
    shape = {"d_model": hidden, "encoder_layers": layers, "decoder_layers": decoder_layers or layers}
    inner = {f"{half}_ffn_dim": 4 * hidden for half in ("encoder", "decoder")}
    inner |= {f"{half}_attention_heads": heads for half in ("encoder", "decoder")}
    return (
        "WhisperConfig",
        shape | inner | {"num_mel_bins": bands},
        ("WhisperFeatureExtractor", {"feature_size": bands}),
    )


LARGE, BILLION = sized(1024, 24, 16), sized(1280, 48, 16)
BUCKETS = {"position_buckets": 256, "share_att_key": True, "norm_rel_ebd": "layer_norm"}
# {entry: (its configuration's class, what of it is not the default, its feature extractor)}
SETTINGS = {
    "wavlm": ("WavLMConfig", {}, WAVEFORM),
    "hubert": ("HubertConfig", {}, WAVEFORM),
    "whisper": whisper(512, 6, 8),
    "ast": ("ASTConfig", {}, ("ASTFeatureExtractor", {})),
    "clap": ("ClapConfig", {}, ("ClapFeatureExtractor", CLAP)),
    "wav2vec2_base": ("Wav2Vec2Config", {}, WAVEFORM),
    "wav2vec2_base_960h": ("Wav2Vec2Config", {}, WAVEFORM),
    "wav2vec2_large": ("Wav2Vec2Config", LARGE, WAVEFORM),
    "xlsr_53": ("Wav2Vec2Config", LARGE | NORMS, WAVEFORM),
    "xls_r_300m": ("Wav2Vec2Config", LARGE | NORMS, WAVEFORM),
    "xls_r_1b": ("Wav2Vec2Config", BILLION | NORMS, WAVEFORM),
    "mms_1b": ("Wav2Vec2Config", BILLION | NORMS | {"adapter_attn_dim": 16}, WAVEFORM),
    "wav2vec2_conformer": (
        "Wav2Vec2ConformerConfig",
        LARGE
        | {
            "position_embeddings_type": "rotary",
            "hidden_act": "swish",
            "feat_extract_norm": "layer",
            "conv_bias": True,
        },
        WAVEFORM,
    ),
    "w2v_bert_2": ("Wav2Vec2BertConfig", {}, ("SeamlessM4TFeatureExtractor", {})),
    "hubert_large": ("HubertConfig", LARGE | NORMS, WAVEFORM),
    "hubert_large_ft": ("HubertConfig", LARGE | NORMS, WAVEFORM),
    "wavlm_base": ("WavLMConfig", {}, WAVEFORM),
    "wavlm_large": ("WavLMConfig", LARGE | NORMS | {"conv_bias": False}, WAVEFORM),
    "wavlm_speaker": ("WavLMConfig", {}, WAVEFORM),
    "data2vec_base": ("Data2VecAudioConfig", {}, WAVEFORM),
    "data2vec_large": ("Data2VecAudioConfig", LARGE, WAVEFORM),
    "unispeech_sat_base": ("UniSpeechSatConfig", {}, WAVEFORM),
    "unispeech_sat_large": ("UniSpeechSatConfig", LARGE | NORMS, WAVEFORM),
    "sew_mid": ("SEWConfig", sized(768, 24, 12), WAVEFORM),
    "sew_d_mid": ("SEWDConfig", sized(512, 24, 8) | BUCKETS, WAVEFORM),
    "speecht5": ("SpeechT5Config", {}, ("SpeechT5FeatureExtractor", {})),
    "whisper_tiny": whisper(384, 4, 6),
    "whisper_small": whisper(768, 12, 12),
    "whisper_medium": whisper(1024, 24, 16),
    "whisper_large_v3": whisper(1280, 32, 20, bands=128),
    "whisper_large_v3_turbo": whisper(1280, 32, 20, 4, bands=128),
    "moonshine_tiny": ("MoonshineConfig", {}, WAVEFORM),
    "moonshine_base": (
        "MoonshineConfig",
        {
            "hidden_size": 416,
            "intermediate_size": 1664,
            "encoder_num_hidden_layers": 8,
            "decoder_num_hidden_layers": 8,
            "partial_rotary_factor": 0.62,
        },
        WAVEFORM,
    ),
    "ast_16_16": ("ASTConfig", {"frequency_stride": 16, "time_stride": 16}, ("ASTFeatureExtractor", {})),
    "ast_speech_commands": ("ASTConfig", {"max_length": 128}, ("ASTFeatureExtractor", {"max_length": 128})),
    "clap_fused": (
        "ClapConfig",
        {"audio_config": {"enable_fusion": True, "fusion_type": "aff_2d"}},
        ("ClapFeatureExtractor", {"truncation": "fusion", "padding": "repeatpad"}),
    ),
    **dict.fromkeys(
        ("clap_general", "clap_music", "clap_music_speech"),
        ("ClapConfig", {"audio_config": LARGER}, ("ClapFeatureExtractor", CLAP)),
    ),
    "encodec_24k": ("EncodecConfig", {}, None),
    "encodec_48k": (
        "EncodecConfig",
        {
            "sampling_rate": 48000,
            "audio_channels": 2,
            "normalize": True,
            "target_bandwidths": [3.0, 6.0, 12.0, 24.0],
            "norm_type": "time_group_norm",
            "use_causal_conv": False,
            "chunk_length_s": 1.0,
            "overlap": 0.01,
        },
        None,
    ),
    "encodec_32k": (
        "EncodecConfig",
        {
            "sampling_rate": 32000,
            "target_bandwidths": [2.2],
            "upsampling_ratios": [8, 5, 4, 4],
            "num_filters": 64,
            "codebook_size": 2048,
            "use_causal_conv": False,
        },
        None,
    ),
    "dac_16k": (
        "DacConfig",
        {"downsampling_ratios": [2, 4, 5, 8], "n_codebooks": 12, "sampling_rate": 16000},
        None,
    ),
    "dac_24k": (
        "DacConfig",
        {"downsampling_ratios": [2, 4, 5, 8], "n_codebooks": 32, "sampling_rate": 24000},
        None,
    ),
    "dac_44k": ("DacConfig", {"sampling_rate": 44100}, None),
    "mimi": ("MimiConfig", {}, None),
    "mert_95m": ("configuration_MERT.MERTConfig", {}, MUSIC),
    "mert_330m": (
        "configuration_MERT.MERTConfig",
        LARGE | {"feat_extract_norm": "layer", "do_stable_layer_norm": True, "attention_relax": 32.0},
        MUSIC,
    ),
}


def drawn(name, folder):
    """The network of an entry with random weights. Code of its own lies in the folder."""
    kind, shape, _ = SETTINGS[name.removesuffix("_codes")]
    torch.manual_seed(0)
    if is_code(name):
        model = kind.replace("configuration", "modeling").replace("Config", "Model")
        config, network = (get_class_from_dynamic_module(one, folder) for one in (kind, model))
        return network(config(**shape, auto_map={"AutoConfig": kind, "AutoModel": model}))
    architecture = ENTRIES[name].get("options", {}).get("architecture", "AutoModel")
    config = getattr(transformers, kind)(**shape)
    make = getattr(transformers, architecture)
    return make.from_config(config) if architecture == "AutoModel" else make(config)


def is_code(name):
    return ENTRIES[name].get("trust_code", False)


def snapshot(name, folder, code):
    """Save random weights of an entry as the hub has them. Returns how many parameters there are."""
    if is_code(name):
        folder.mkdir()
        for file in ENTRIES[name]["weights"]["files"]:
            if file.endswith(".py"):
                shutil.copy(code / file, folder)
    network, extractor = drawn(name, folder), SETTINGS[name.removesuffix("_codes")][2]
    for part, values in network.named_buffers():
        if part.endswith(("codebook.embed", "codebook.embed_sum")):
            values.normal_(std=0.01)
    network.save_pretrained(folder)
    if extractor:
        getattr(transformers, extractor[0])(**extractor[1]).save_pretrained(folder)
    return sum(values.numel() for values in network.parameters())


def embedded(name, folder):
    """Embed eight tones with an entry whose weights are in a folder. Returns the facts of the job."""
    from embed import embed
    from shared.code import files_of_code

    entry, work = ENTRIES[name], folder.parent
    rate = entry["sample_rate"]
    t = np.arange(rate // 4) / rate
    tones = [
        0.1 * np.sin(2 * np.pi * f0 * t) + 0.05 * np.sin(4 * np.pi * f0 * t)
        for f0 in 220 * 2 ** (np.arange(8) / 4)
    ]
    soundfile.write(work / "audio.wav", np.concatenate(tones).astype(np.float32), rate, subtype="FLOAT")
    (work / "parameters.csv").write_text("f1\n" + "".join(f"{i}\n" for i in range(8)))
    words = {
        "audio": work / "audio.wav",
        "parameters": work / "parameters.csv",
        "model": name,
        "module": entry["module"],
        "sample-rate": rate,
        "embedding-size": entry["embedding_size"],
        "weights": json.dumps([{"path": str(folder), "code": files_of_code({"path": str(folder)})}]),
        "options": json.dumps(entry.get("options", {})),
        "batch-size": 4,
        "embeddings": work / "embeddings.npy",
        "facts": work / "facts.json",
    }
    try:
        trusted = ["--trust-code"] if is_code(name) else []
        embed.main([str(word) for key, value in words.items() for word in (f"--{key}", value)] + trusted)
    except SystemExit as problem:
        raise RuntimeError(str(problem)) from problem
    return json.loads((work / "facts.json").read_text())


def row(name, code, pool):
    """One line of the table. pool: of processes, of which each does one thing, so that memory is its own."""
    with tempfile.TemporaryDirectory(prefix="gear-hub-") as work:
        folder = Path(work) / "snapshot"
        parameters = pool.apply(snapshot, (name, folder, code))
        facts = pool.apply(embedded, (name, folder))
    audit = facts["audit"]
    said = ["depends on its batch" if audit["batch_dependent"] else "as alone"]
    said.append("varies" if audit["varies"] else "does not vary")
    cells = (name, f"{parameters / 1e6:.0f}", facts["D"], facts["seconds"], round(facts["peak_memory_mb"]))
    return f"| {' | '.join(map(str, cells))} | {', '.join(said)} |"


ENTRIES = yaml.safe_load((ROOT / "catalogues" / "transformers.yaml").read_text())["models"]


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    known = [name for name in ENTRIES if name.removesuffix("_codes") in SETTINGS]
    parser.add_argument("--models", nargs="+", choices=known, metavar="NAME")
    parser.add_argument("--code", type=Path, help="folder with the code of entries of `trust_code`")
    args = parser.parse_args()
    models = args.models or [name for name in known if args.code or not is_code(name)]
    if lacking := [name for name in models if is_code(name) and not args.code]:
        parser.error(f"--code is needed for {', '.join(lacking)}")
    print("| entry | parameters, M | D | s | MB | audit |\n|---|---|---|---|---|---|")
    with multiprocessing.get_context("fork").Pool(1, maxtasksperchild=1) as pool:
        for name in models:
            print(row(name, args.code, pool), flush=True)


if __name__ == "__main__":
    main()
