"""What the rule that renders the report depends on, besides results."""

import hashlib
from pathlib import Path

import yaml
from shared.files import written_whole

from planning.places import SCRIPTS


def config_file(config, folder="resources/configs"):
    """Path of the resolved config as the page shows it: a file named by its content, written if it is not
    there.

    Each run writes results/run_config.yaml anew, so that a job that depends on it would never be up to date.
    """
    content = yaml.safe_dump(config, sort_keys=False, allow_unicode=True)
    path = Path(folder, f"{hashlib.sha256(content.encode()).hexdigest()[:16]}.yaml")
    if not path.exists():
        with written_whole(path) as draft:
            draft.write_text(content)
    return str(path)


def declaring_files():
    """Paths of the files whose tables ANALYSIS and FIGURE give the page its headings and texts."""
    files = [path for room in ("analyse", "compare") for path in (SCRIPTS / room).glob("[a-z]*.py")]
    return sorted(map(str, [*files, SCRIPTS / "synthesize" / "check_sounds.py"]))


def parts():
    """Paths of the files that the page is put together from."""
    files = (SCRIPTS / "report" / "page").rglob("*.*")
    return sorted(str(path) for path in files if "captions" not in path.parts)


def shown_figures(figures, has_gate):
    """The figures of a data set that the page shows: its own, and that of its gate if that came to an end."""
    return [*figures, *(["checks"] if has_gate else [])]
