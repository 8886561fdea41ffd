"""Files that are whole or absent: written beside their final place, then renamed."""

import contextlib
import os
from pathlib import Path


@contextlib.contextmanager
def written_whole(path):
    """Yield a path in the folder of `path` to write to; rename it to `path` if the block succeeds.

    The name keeps its ending (libraries choose the format by it). A block that raises leaves
    neither the new file nor a changed old one.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.stem}.{os.getpid()}{path.suffix}")
    try:
        yield draft
        os.replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)
