"""Files that are whole or absent: written beside their final place, then renamed."""

import contextlib
import os
from pathlib import Path


@contextlib.contextmanager
def written_whole(path):
    """Yield a path in the folder of `path` to write to; rename it to `path` if the block succeeds.

    The name keeps its ending, because libraries choose the format by it. If the block raises, there is no
    new file, and an old one is as it was.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.stem}.{os.getpid()}{path.suffix}")
    try:
        yield draft
        os.replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)
