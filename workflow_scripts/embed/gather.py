"""Put the embeddings of a data set's shards together, and their layers if any, one shard in memory at a time.

Facts are those of the first shard. Counts and seconds are added up; memory is the most of any shard.
"""

import argparse
import json
from pathlib import Path

import numpy as np
from shared.files import written_whole

from embed.marks import with_marks

SAME = (
    *("module", "layer", "pooling", "hop", "D", "packages", "parameters", "sample_rate", "precision"),
    "weights_sha256",
)
SECONDS = ("load_seconds", "audit_seconds", "seconds")


def joined_facts(shards):
    """Facts of the whole data set from those of its shards, a list of dicts in order.

    Raises ValueError if what must be the same differs: SAME, or whether the model depends on its batch.
    """
    facts = dict(shards[0])
    for key in SAME:
        if any(shard[key] != facts[key] for shard in shards):
            raise ValueError(f"shards differ in {key}; delete them, and all are embedded anew")
    if any(shard["audit"]["batch_dependent"] != facts["audit"]["batch_dependent"] for shard in shards):
        raise ValueError("the audits of the shards differ in whether the model depends on its batch")
    facts |= {key: round(sum(shard[key] for shard in shards), 2) for key in ("N", *SECONDS)}
    seconds_reading = sum(shard["reading_share"] * shard["seconds"] for shard in shards)
    facts["reading_share"] = round(seconds_reading / max(facts["seconds"], 1e-9), 3)
    seconds_in_all = sum(facts[key] for key in SECONDS)
    facts["loading_share"] = round(facts["load_seconds"] / max(seconds_in_all, 1e-9), 3)
    facts["device"] = ", ".join(dict.fromkeys(shard["device"] for shard in shards))
    facts["batch_size"] = min(shard["batch_size"] for shard in shards)
    facts["peak_memory_mb"] = max(shard["peak_memory_mb"] for shard in shards)
    facts["sounds_per_second"] = round(facts["N"] / max(facts["seconds"], 1e-9), 1)
    facts["seconds_per_1000_sounds"] = round(1000 * facts["seconds"] / facts["N"], 2)
    return facts | {"shards": len(shards)}


def gather(parts, facts, parameters, embeddings, joined):
    """Write the rows of the npy files `parts`, one after the other, to `embeddings`, float32 (N, D).

    facts: JSON of each part, in the same order. parameters: CSV of the data set. joined: JSON to write. All
    are paths. Raises ValueError.
    """
    facts_of_all = joined_facts([json.loads(Path(path).read_text()) for path in facts])
    shape = (facts_of_all["N"], facts_of_all["D"])
    with written_whole(embeddings) as draft:
        rows = np.lib.format.open_memmap(draft, mode="w+", dtype=np.float32, shape=shape)
        start = 0
        for path in parts:
            part = np.load(path)
            rows[start : start + len(part)] = part
            start += len(part)
        rows.flush()
        facts_of_all = with_marks(facts_of_all, rows, parameters)
    with written_whole(joined) as draft:
        draft.write_text(json.dumps(facts_of_all, indent=2) + "\n")


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--parts", nargs="+", required=True, help="npy per shard, in order")
    parser.add_argument("--facts", nargs="+", required=True, help="JSON per shard, same order")
    parser.add_argument("--parameters", required=True, help="CSV, one row per sound")
    parser.add_argument("--layers", nargs="*", type=Path, default=[], help="folder of layers per shard")
    parser.add_argument("--embeddings", required=True, help="npy to write")
    parser.add_argument("--joined-facts", required=True, help="JSON to write")
    parser.add_argument("--layers-folder", type=Path, help="folder to write")
    args = parser.parse_args(argv)
    for first in sorted(args.layers[0].glob("*.npy")) if args.layers else []:
        parts = [folder / first.name for folder in args.layers]
        facts = [part.with_suffix(".json") for part in parts]
        layer = args.layers_folder / first.name
        gather(parts, facts, args.parameters, layer, layer.with_suffix(".json"))
    gather(args.parts, args.facts, args.parameters, args.embeddings, args.joined_facts)
