"""A run that met a fault ends by the same command with the same scores. `make torture` tries many faults."""

import pytest
import torture

pytestmark = [pytest.mark.network, pytest.mark.environments("analysis")]
KINDS = ["result damaged", "result damaged during the run"]  # of kills: test_killed_runs.py


def test_a_run_recovers_from_faults(capsys):
    status = torture.main(["--faults", str(len(KINDS)), "--seed", "3", "--kinds", *KINDS])
    told = capsys.readouterr().out
    assert status == 0, told
    assert told.count("finished, equal scores") == 2 * len(KINDS), told  # as it goes on, and in the table
