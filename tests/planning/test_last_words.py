"""Why jobs failed, from Snakemake's log in the words of its Slurm executor and from the logs of the jobs."""

import pytest
from begun import begin, write
from planning.failures import ended_by_slurm, last_words

REMOTE = "For further error details see the cluster/cloud log and the log files of the involved rule(s)."
OUTPUT, LOG = "results/tones/embeddings/crepe.npy", "logs/embed/tones/crepe.log"


def error(message, slurm_log="/nowhere/12.log"):
    """A failed job as Snakemake's log has it."""
    return f"""[Sat Jun 14 10:00:00 2025]
Error in rule embed:
    message: {message}{REMOTE}
    jobid: 7
    input: workflow_scripts/embed/embed.py, results/tones/sounds/parameters.csv
    output: {OUTPUT}, results/tones/embeddings/crepe.json
    log: {LOG}, {slurm_log} (check log file(s) for error details)
    shell:
        resources/environments/hearbaseline/bin/python workflow_scripts embed.embed > {LOG} 2>&1
        (command exited with non-zero exit code)
    external_jobid: 12

[Sat Jun 14 10:00:01 2025]
Finished jobid: 3 (Rule: environment)
"""


def ended(status):
    return f"SLURM-job '12' failed, SLURM status is: '{status}'. Reason: Unknown."


@pytest.fixture
def folder(tmp_path, monkeypatch):
    return begin(tmp_path, monkeypatch)


@pytest.mark.parametrize("status", ["TIMEOUT", "CANCELLED", "OUT_OF_MEMORY", "PREEMPTED"])
def test_a_job_that_slurm_ended_is_told_by_its_state(folder, status):
    write(folder / LOG, "embedding batch 3\n")
    assert ended_by_slurm(error(ended(status))) == {(OUTPUT, LOG): f"ended by Slurm: {status}"}


def test_a_node_that_failed_is_told(folder):
    message = (
        "SLURM-job '12' failed due to a node failure, SLURM status is: 'NODE_FAIL'. Failed nodes will be "
    )
    assert ended_by_slurm(error(message)) == {(OUTPUT, LOG): "ended by Slurm: NODE_FAIL"}


def test_slurms_own_log_says_more_than_the_state(folder):
    write(
        folder / "12.log",
        "slurmstepd: error: *** JOB 12 ON n1 CANCELLED AT 2025-06-14T10:00:00 DUE TO TIME LIMIT ***\n",
    )
    sentence = "ended by Slurm: CANCELLED AT 2025-06-14T10:00:00 DUE TO TIME LIMIT"
    assert ended_by_slurm(error(ended("FAILED"), folder / "12.log")) == {(OUTPUT, LOG): sentence}


def test_a_job_that_could_not_be_submitted_is_told_with_the_reason(folder):
    message = "SLURM sbatch failed. The error message was 'sbatch: error: invalid partition: gpu'.\n"
    (sentence,) = ended_by_slurm(error(message)).values()
    assert (
        sentence
        == "not submitted: sbatch failed. The error message was 'sbatch: error: invalid partition: gpu'."
    )


def test_a_job_that_ended_by_itself_says_why_in_its_own_log(folder):
    write(folder / LOG, "error: no CUDA device\n")
    assert ended_by_slurm(error(ended("FAILED"))) == {}


def test_a_job_that_left_no_log_failed_before_its_script_began(folder):
    write(
        folder / "12.log", "bash: resources/environments/hearbaseline/bin/python: No such file or directory\n"
    )
    write(folder / LOG, "of an earlier run\n", age=60)
    sentence = f"failed before its script began; see {folder / '12.log'}"
    assert ended_by_slurm(error(ended("FAILED"), folder / "12.log")) == {(OUTPUT, LOG): sentence}
    assert ended_by_slurm(error(ended("FAILED"))) == {(OUTPUT, LOG): "ended by Slurm before it began"}


def test_a_local_failure_is_none_of_slurms(folder):
    text = error("").replace("    message: " + REMOTE + "\n", "").replace(", /nowhere/12.log", "")
    assert ended_by_slurm(text) == {}


def test_of_a_group_each_job_without_a_log_is_told(folder):
    write(folder / "12.log", "slurmstepd: error: *** JOB 12 ON n1 CANCELLED AT 2025-06-14T10:00:00 ***\n")
    text = f"""[Sat Jun 14 10:00:00 2025]
    log: {folder / "12.log"} (check log file(s) for error details)
    jobs:
        rule isomap:
            jobid: 8
            output: results/tones/isomap/crepe.csv, results/tones/isomap/crepe.bridges.csv
            log: logs/isomap/tones/crepe.log (check log file(s) for error details)
        rule hypothesis:
            jobid: 9
            output: results/tones/hypothesis/crepe.scores.csv
            log: logs/hypothesis/tones/crepe.log (check log file(s) for error details)
"""
    assert ended_by_slurm(text) == {
        (
            "results/tones/isomap/crepe.csv",
            "logs/isomap/tones/crepe.log",
        ): "ended by Slurm: CANCELLED AT 2025-06-14T10:00:00",
        (
            "results/tones/hypothesis/crepe.scores.csv",
            "logs/hypothesis/tones/crepe.log",
        ): "ended by Slurm: CANCELLED AT 2025-06-14T10:00:00",
    }
    (folder / "12.log").write_text("no hypothesis\n")
    write(folder / "logs/hypothesis/tones/crepe.log", "RuntimeError: no hypothesis\n")
    write(folder / "logs/isomap/tones/crepe.log")
    assert ended_by_slurm(text) == {}


# --- last words -----------------------------------------------------------------------------------


def test_the_last_words_name_what_is_still_pending_once_with_reason_and_log(folder):
    write(folder / LOG, "Traceback (most recent call last):\nRuntimeError: the weights are on the moon\n")
    text = 2 * error("")
    assert last_words(text, {OUTPUT}) == f"failed: RuntimeError: the weights are on the moon\n  {LOG}\n"
    assert last_words(text, set()) == ""  # the job was tried again and ended well
    write(folder / LOG, "of an earlier run\n", age=60)
    assert last_words(text, {OUTPUT}) == f"failed: was not run\n  {LOG}\n"
