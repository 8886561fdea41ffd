"""What the rule that renders the report depends on, besides results."""

import hashlib
from pathlib import Path

from shared.files import written_whole

from planning.places import SCRIPTS
from planning.yaml_files import to_yaml


def config_file(config, folder="resources/configs"):
    """Path of the resolved config as the page shows it: a file named by its content, written if it is not
    there.

    Each run writes results/run_config.yaml anew, so that a job that depends on it would never be up to date.
    """
    content = to_yaml(config)
    path = Path(folder, f"{hashlib.sha256(content.encode()).hexdigest()[:16]}.yaml")
    if not path.exists():
        with written_whole(path) as draft:
            draft.write_text(content)
    return str(path)


def figures(names, unchecked):
    """The figures of a data set that the page shows: those named, and that of its gate if there is one.

    unchecked: whether the gate failed, so that it drew nothing.
    """
    return [*names, *([] if unchecked else ["checks"])]


def declaring_files():
    """Paths of the files whose tables ANALYSIS and FIGURE give the page its headings and texts."""
    files = [path for room in ("analyse", "compare") for path in (SCRIPTS / room).glob("[a-z]*.py")]
    return sorted(map(str, [*files, SCRIPTS / "synthesize" / "check_sounds.py"]))


def parts():
    """Paths of the files that the page is put together from."""
    files = (SCRIPTS / "report" / "page").rglob("*.*")
    return sorted(str(path) for path in files if "captions" not in path.parts)
