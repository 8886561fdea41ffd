"""All analyses of one embedding, by the scripts as the plan calls them: for tests and for benchmarks."""

import importlib
import shlex

import numpy as np
import pandas
from analyse import neighbors
from planning.analyses import arguments, inputs_of, outputs_of, read_analyses
from shared.arguments import INPUTS


def scores_and_replicates(model, points, table, folder, k_max, settings, without=(), kind="cloud"):
    """Score rows of all analyses of a kind, a DataFrame, and their replicates, float (rows, REPLICATES).

    points: float (N, D); table: {column: (N,)}, of the sounds; folder: Path, for the files; k_max: neighbours
    to list; settings: {name of `takes`: value}; without: the analyses to leave out; kind: cloud or ladder.
    """

    def paths(patterns):
        files = {key: folder / text.format(dataset="d", model=model) for key, text in patterns.items()}
        for path in files.values():
            path.parent.mkdir(parents=True, exist_ok=True)
        return {key: str(path) for key, path in files.items()}

    inputs = paths({key: pattern for key, (pattern, _) in INPUTS.items()})
    pandas.DataFrame(table).to_csv(inputs["parameters"], index_label="sound")
    np.save(inputs["embeddings"], points.astype(np.float32))
    line = arguments(neighbors.SEARCH, inputs, settings, {"K": k_max, "output": inputs["neighbors"]})
    neighbors.main(shlex.split(line))
    analyses, rows, replicates = read_analyses(), [], []
    for analysis, declared in analyses.items():
        if declared["of"] != kind:
            continue
        written = paths(outputs_of(analysis, declared))
        if analysis in without:
            if "pictures" in written:  # of no other K
                none = np.empty((0, len(points), 3)), np.empty((0, len(points)), bool)
                np.savez(written["pictures"], K=np.empty(0, int), coordinates=none[0], shown=none[1])
            continue
        kept = written.pop("replicates")  # beside the scores
        line = arguments(declared, paths(inputs_of(declared, analyses)), settings, {"model": model} | written)
        importlib.import_module(f"analyse.{analysis}").main(shlex.split(line))
        rows.append(pandas.read_csv(written["scores"]))
        replicates.append(np.load(kept))
    return pandas.concat(rows, ignore_index=True), np.concatenate(replicates)
