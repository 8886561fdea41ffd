"""Call one script: `python workflow_scripts analyse.isomap --help`.

Rules, conda and hands call scripts in this way only. Python puts this folder, and nothing else, first on the
path where modules are sought, so that every script finds those of the other rooms.

An environment is not activated. What it holds besides Python (a program such as ffmpeg) is found by name all
the same, because its bin/ comes first on PATH. Nothing else of an activation is needed: libraries find each
other by relative paths, and neither conda's Python nor what pip installs has scripts that set variables
(activate.d).
"""

import importlib
import os
import re
import sys
from pathlib import Path

FOLDER = Path(__file__).absolute().parent


def scripts():
    """Names of all scripts: the modules that have a function main."""
    paths = (path.relative_to(FOLDER).with_suffix("") for path in FOLDER.glob("*/*.py"))
    return sorted(
        ".".join(path.parts)
        for path in paths
        if re.search(r"^def main\(", (FOLDER / path.with_suffix(".py")).read_text(), re.MULTILINE)
    )


def main():
    """Import the script that the first word names and call its main() with the other words."""
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    sys.path[0] = str(FOLDER)  # absolute: a script may change its working directory
    name = sys.argv[1] if len(sys.argv) > 1 else ""
    if name not in scripts():
        known = "\n  ".join(scripts())
        sys.exit(f"usage: python workflow_scripts SCRIPT --help\nscripts:\n  {known}")
    sys.argv[:2] = [f"{sys.argv[0]} {name}"]
    importlib.import_module(name).main()


if __name__ == "__main__":
    main()
