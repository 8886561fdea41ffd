"""CREPE by hearbaseline's wrapper and by GEAR's adapter, side by side.

    resources/environments/hearbaseline/bin/python benchmarks/crepe.py

Every measurement is a process of its own, the two in turn. The smallest of several counts, because other work
on the machine only adds time. Columns:

    wall, processor   seconds of 100 sounds, after one batch to warm up
    GFLOP/s           operations of the convolutions as written (2.7 G a frame), however they are computed,
                      over wall seconds; two matrices of 2,048 x 2,048 reach `matmul`
    MB                peak resident memory
    ratio             of the wrapper's seconds to the adapter's
    difference        largest between the two, relative to the largest value
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent / "workflow_scripts"))
MODULES = {"wrapper": "hearbaseline.torchcrepe", "adapter": "adapters.crepe"}
LAYERS = [
    (1, 1024, 512, 256),
    (1024, 128, 64, 128),
    (128, 128, 64, 64),
    (128, 128, 64, 32),
    (128, 256, 64, 16),
]
OPERATIONS = sum(2 * c * d * kernel * T for c, d, kernel, T in LAYERS)  # of a frame


def embedded(name, seconds, sounds, batch, path):
    """Embed noises of many levels in this process and save the embeddings. Returns times and memory."""
    from embed import hear

    noise = np.random.default_rng(0).standard_normal((sounds, round(16000 * seconds))).astype(np.float32)
    noise *= np.logspace(-3, -1, sounds, dtype=np.float32)[:, None]
    embed, device = hear.torch_embedder(*hear.load(MODULES[name], None, {}))
    embed(noise[:batch])
    began, used = time.perf_counter(), time.process_time()
    result = np.concatenate([embed(noise[i : i + batch]) for i in range(0, sounds, batch)])
    wall, processor = time.perf_counter() - began, time.process_time() - used
    np.save(path, result)
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6
    return {"wall": wall, "processor": processor, "megabytes": megabytes, "device": device}


def matmul():
    """GFLOP/s of a large matrix product, the best of ten."""
    import torch

    a = torch.randn(2, 2048, 2048)
    seconds = []
    for _ in range(10):
        began = time.perf_counter()
        a[0] @ a[1]
        seconds.append(time.perf_counter() - began)
    return 2 * 2048**3 / min(seconds) / 1e9


def measured(*words):
    """Run one measurement in a process of its own. Returns its facts."""
    command = [sys.executable, __file__, "--one", *map(str, words)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE)
    return json.loads(done.stdout)


def table(best, seconds, sounds, folder):
    """Lines of the table, one per variant. best: {variant: its facts}; folder: of their embeddings."""
    frames = 1 + int(16000 * seconds) // 4000
    lines = []
    for name, facts in best.items():
        gflops = sounds * frames * OPERATIONS / facts["wall"] / 1e9
        line = f"{seconds:5} {name:8} {100 * facts['wall'] / sounds:11.2f}"
        line += f"{100 * facts['processor'] / sounds:17.2f}{gflops:9.0f} {facts['megabytes']:5.0f}"
        if name == "adapter":
            wrapper, adapter = (np.load(folder / f"{each}.npy") for each in MODULES)
            difference = np.abs(wrapper - adapter).max() / np.abs(wrapper).max()
            ratios = [best["wrapper"][key] / facts[key] for key in ("wall", "processor")]
            line += f"  {ratios[0]:.2f}, {ratios[1]:.2f}  {difference:.1e}"
        lines.append(line)
    return lines


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--seconds", nargs="*", type=float, default=[0.064, 0.25, 1.0], help="of a sound")
    parser.add_argument("--sounds", type=int, default=64)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--one", nargs=5, help="for the processes of this script")
    args = parser.parse_args(argv)
    if args.one:
        name, seconds, sounds, batch, path = args.one
        print(json.dumps(embedded(name, float(seconds), int(sounds), int(batch), path)))
        return
    print(f"{os.cpu_count()} cores, matmul {matmul():.0f} GFLOP/s, batches of {args.batch} sounds")
    print("    s  variant  wall s/100  processor s/100  GFLOP/s    MB  ratio (wall, processor)  difference")
    with tempfile.TemporaryDirectory() as folder:
        for seconds in args.seconds:
            runs = {name: [] for name in MODULES}
            for _ in range(args.repeats):
                for name in MODULES:
                    path = Path(folder, f"{name}.npy")
                    runs[name].append(measured(name, seconds, args.sounds, args.batch, path))
            best = {
                name: {key: min(run[key] for run in runs[name]) for key in ("wall", "processor", "megabytes")}
                for name in MODULES
            }
            for line in table(best, seconds, args.sounds, Path(folder)):
                print(line, flush=True)


if __name__ == "__main__":
    main()
