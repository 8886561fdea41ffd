"""What the networks of catalogues/wheels.yaml do with a few sounds, as JSON: {model: {fact: value}}.

test_wheels.py runs this in their environment. Words: the entries {model: entry}, JSON, and pitches in Hz.
"""

import importlib
import json
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent / "workflow_scripts"))
from embed.audit import difference
from embed.hear import EMBEDDERS, framework_of, guarded_pickles

RNG = np.random.default_rng(0)


def tone(f0, rate, seconds=0.3):
    """A harmonic tone at f0 Hz, float32 (T,)."""
    t = np.arange(round(rate * seconds)) / rate
    partials = [np.sin(2 * np.pi * f0 * k * t + 6 * RNG.random()) / k for k in range(1, int(3500 / f0))]
    return 0.05 * np.sum(partials, axis=0).astype(np.float32)


def common_facts(embed, rate):
    """What holds for every network. embed: function from float32 (n, T) to (n, D)."""
    sounds = np.stack([tone(f0, rate) for f0 in (150, 160, 300, 301)])
    batch, softer = embed(sounds), embed(0.1 * sounds[:1])
    return {
        "shape": batch.shape,
        "again": difference(batch, embed(sounds)),
        "alone": difference(batch, np.concatenate([embed(sounds[i : i + 1]) for i in range(len(sounds))])),
        "varies": difference(batch, np.broadcast_to(batch[:1], batch.shape)),
        "level": np.linalg.norm(softer - batch[:1]) / np.linalg.norm(batch[2] - batch[0]),  # of an octave
        "silence": embed(np.zeros_like(sounds[:1])),
    }


def facts_over_time(module, model):
    """What holds for every network of PyTorch that gives frames."""
    import torch

    sounds = torch.tensor(np.stack([tone(f0, model.sample_rate) for f0 in (150, 301)]))
    frames, times = module.get_timestamp_embeddings(sounds, model)
    scenes = module.get_scene_embeddings(sounds, model).numpy()
    return {
        "mean": difference(scenes, frames.mean(1).numpy()),
        "frames": frames.shape[:2],
        "times": times.numpy(),
    }


def pitches(models, modules, heard):
    """The pitch in Hz that each network of pitch reads in tones: {model: (n,)}."""
    import torch

    low, high = (torch.tensor(np.stack([tone(f0, rate) for f0 in heard])) for rate in (16000, 22050))
    read = {
        "pesto": models["pesto"](high, sr=22050, convert_to_freq=True)[0].median(1).values,
        "fcpe": models["fcpe"](low[..., None], 16000)[..., 0].median(1).values,
    }
    for name in models:
        if name.startswith("crepe"):
            bins = models[name](modules[name].framed(low)[:, 1]).argmax(1)
            read[name] = 10 * 2 ** ((20 * bins + 1997.379) / 1200)  # bins of 20 cents from C1 on
    return read


def silero_difference(model):
    """Between states by the package's own calls, frame by frame, and the adapter's."""
    import silero_vad
    import torch

    detector, states = silero_vad.load_silero_vad(), []
    noise = torch.tensor(0.1 * RNG.standard_normal((2, 5 * 512)).astype(np.float32))
    for frame in noise.split(512, dim=1):
        detector(frame, 16000)
        states.append(detector._state[0])
    return difference(torch.stack(states, 1).numpy(), model(noise).numpy())


def cdpam_difference(module, model):
    """Between CDPAM's distance of two sounds and that of their embeddings, relative."""
    import torch
    from cdpam import CDPAM

    pair = torch.tensor(np.stack([tone(f0, 22050, 0.1) for f0 in (200, 210)]))
    distance = CDPAM(dev="cpu").forward(32768 * pair[:1], 32768 * pair[1:])
    a, b = module.get_scene_embeddings(pair, model)
    return abs(float((a - b).abs().sum() / distance) - 1)


def dnsmos_difference(module, model):
    """Between the layer of the network as published, for the one length that it takes, and the adapter's."""
    import speechmos
    from adapters.onnx_network import session

    path = Path(*speechmos.__path__, "dnsmos_models", "sig_bak_ovr.onnx")
    noise = 0.1 * RNG.standard_normal((1, 144160)).astype(np.float32)
    [published] = session(path.read_bytes(), module.LAYER).run([module.LAYER], {"input_1": noise})
    return difference(published, module.get_scene_embeddings(noise, model))


def beats(model):
    """Times in s at which BeatNet finds a beat in clicks at every half second, from 1.5 s on."""
    import torch

    click = RNG.standard_normal(220) * np.exp(-np.arange(220) / 40)
    clicks = np.zeros(5 * 22050, np.float32)
    for start in range(11025, len(clicks), 11025):
        clicks[start : start + len(click)] = click
    model.hidden = model.cell = torch.zeros(2, 1, 150)
    spectra = torch.tensor(model.spectrum.process_audio(clicks).T[None], dtype=torch.float32)
    beat = 1 - torch.softmax(model(spectra)[0], dim=0)[2].numpy()  # the third class is no beat
    peaks = np.flatnonzero((beat[1:-1] > 0.3) & (beat[1:-1] >= beat[:-2]) & (beat[1:-1] > beat[2:])) + 1
    return peaks[peaks >= 75] * 0.02


def main(entries, heard):
    found, models, modules = {}, {}, {}
    for name in sorted(entries, key=lambda name: name not in ("dvector", "dnsmos")):  # before torch is there
        entry = entries[name]
        with guarded_pickles(entry.get("trust_pickle", False)):
            modules[name] = importlib.import_module(entry["module"])
            models[name] = modules[name].load_model(**entry.get("options", {}))
        embed, _ = EMBEDDERS[framework_of(models[name])](modules[name], models[name])
        found[name] = common_facts(embed, entry["sample_rate"])
    import torch

    torch.set_grad_enabled(False)
    for name, module in modules.items():
        if hasattr(module, "get_timestamp_embeddings"):
            found[name] |= facts_over_time(module, models[name])
    for name, read in pitches(models, modules, heard).items():
        found[name]["pitches"] = read
    found["silero"]["published"] = silero_difference(models["silero"])
    found["cdpam"]["published"] = cdpam_difference(modules["cdpam"], models["cdpam"])
    found["dnsmos"]["published"] = dnsmos_difference(modules["dnsmos"], models["dnsmos"])
    found["beatnet"]["beats"] = beats(models["beatnet"])
    print(json.dumps(found, default=lambda value: np.asarray(value).tolist()))


if __name__ == "__main__":
    main(*map(json.loads, sys.argv[1:]))
