"""What a model's module finds around it: no words of ours, nobody to ask, no way to end the job unseen."""

import builtins
import contextlib
import getpass
import sys

from shared.logs import SAYING, one_line

from embed.hear import Breach


class Asked(Breach, EOFError):
    """A module asks a question. An EOFError, as where there is no terminal, for modules that expect one."""


def refuse(prompt="", stream=None):
    """Stands for input() and getpass(). Raises Asked."""
    raise Asked(
        f"the module asks {str(prompt).strip()!r}, and a job has no terminal to answer at; answer once by "
        "hand in the model's environment, or state under `options` what makes load_model not ask"
    )


@contextlib.contextmanager
def surroundings(name):
    """Let a module run as if it was started alone while the block runs.

    Research code reads the command line when it is imported, asks, or ends the process. It finds `name` as
    its command line, and a question or an end becomes a Breach.
    """
    kept = sys.argv, builtins.input, getpass.getpass
    sys.argv, builtins.input, getpass.getpass = [name], refuse, refuse
    try:
        yield
    except SystemExit as problem:
        if not isinstance(problem.code, (int, type(None))):  # Python prints any other object
            raise Breach(f"the module ended the job: {one_line(str(problem.code))}") from problem
        raise Breach(f"the module ended the job by sys.exit({problem.code or 0}); {SAYING}") from problem
    finally:
        sys.argv, builtins.input, getpass.getpass = kept
