"""What a clone of GEAR is: its commit, and digests of its code. Standard library only."""

import subprocess

from shared.files import digest_of

CODE = ("Snakefile", "requirements.txt", "rules", "workflow_scripts", "envs", "data")  # what makes results


def commit_of(clone):
    """The clone's commit, with a word if files differ from it, or 'not a git clone'."""

    def git(*words):
        command = ["git", "-C", str(clone), *words]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    try:
        dirty = " (with uncommitted changes)" if git("status", "--porcelain") else ""
        return git("rev-parse", "HEAD") + dirty
    except (OSError, subprocess.CalledProcessError):
        return "not a git clone"


def code_of(clone):
    """SHA-256 of each file of code of a clone, {path: digest}. clone: Path."""
    paths = [path for name in CODE for path in [clone / name, *(clone / name).rglob("*")] if path.is_file()]
    kept = sorted(path for path in paths if "__pycache__" not in path.parts and path.name[0] != ".")
    return {path.relative_to(clone).as_posix(): digest_of(path) for path in kept}
