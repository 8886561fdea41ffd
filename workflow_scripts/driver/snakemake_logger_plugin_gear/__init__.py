"""What `make run` shows: stages, models and time left in a few lines, each failure in the line that matters.

A logger plugin of Snakemake (`--logger gear`), which finds it by its name on the PYTHONPATH. Snakemake's
own log, .snakemake/log/, has all else that it says.
"""

import logging
import re
import sys
import threading
import time
from collections import Counter
from pathlib import Path

import yaml
from planning.failures import MISSING, explain, silent_ends
from planning.places import RUN_CONFIG
from rich.console import Console, Group
from rich.live import Live
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Column
from rich.text import Text
from shared.logs import reason
from snakemake_interface_logger_plugins.base import LogHandlerBase
from snakemake_interface_logger_plugins.common import LogEvent

from driver.progress import STAGES, called, expected, families, spoken, stages, time_left

CLONE = Path(__file__).parents[3]
SILENCE = 60  # s without a line, at most, where bars cannot stay in place


class LogHandler(LogHandlerBase):
    """Bars that stay in place on a terminal. Elsewhere a line a minute, and for every tenth of the jobs."""

    writes_to_stream = True
    writes_to_file = False
    has_filter = True
    has_formatter = True
    needs_rulegraph = False

    def __post_init__(self):
        self.console = Console(file=sys.stderr, highlight=False, soft_wrap=True)
        self.live = None
        self.totals, self.done_of = {}, Counter()  # jobs of each rule
        self.took = {}  # core-seconds of each job that ended, by the name of its log
        self.jobs = {}  # at work: {jobid: (rule, what it is called, its threads, its logs, when it began)}
        self.cores = None
        self.over = threading.Event()
        self.tenths = 0

    def emit(self, record):
        try:
            self.show(record)
        except Exception:  # as every handler of Python's logging: a message that fails must not end the run
            self.handleError(record)

    def show(self, record):
        """Show what an event of Snakemake means to whoever waits."""
        event = getattr(record, "event", None)
        if event == LogEvent.ERROR:
            self.show_error(record.getMessage())
        elif self.common_settings.dryrun:
            if event is None or event == LogEvent.RUN_INFO:
                self.say(record.getMessage())
        elif event == LogEvent.RUN_INFO:
            self.begin(record.stats)
        elif event == LogEvent.RESOURCES_INFO and getattr(record, "cores", None):
            self.cores = record.cores
        elif event == LogEvent.JOB_INFO and record.rule_name in self.totals:
            name = called(record.rule_name, record.wildcards)
            self.jobs[record.jobid] = (record.rule_name, name, record.threads, record.log, time.time())
        elif event == LogEvent.JOB_FINISHED and record.job_id in self.jobs:
            rule, _, threads, logs, began = self.jobs.pop(record.job_id)
            self.done_of[rule] += 1
            self.took[job_of(rule, logs)] = threads * (time.time() - began)
            self.tell()
        elif event == LogEvent.JOB_ERROR and record.jobid in self.jobs:
            self.fail(*self.jobs.pop(record.jobid), record.indent)
        elif event is None and record.getMessage().startswith("Exiting because a job execution failed"):
            self.end()
        elif event is None and record.levelno >= logging.WARNING:
            self.say(sentence(record.getMessage()))
        elif event is None and record.getMessage().startswith(
            ("Nothing to be done", "Trying to restart job")
        ):
            self.say(record.getMessage())

    def show_error(self, message):
        """Show an error of Snakemake: of the run, or of a job that could not say itself how it ended."""
        explain(silent_ends(message, {str(number): job[3][0] for number, job in self.jobs.items() if job[3]}))
        missing = re.search(MISSING, message, re.MULTILINE)
        if missing and int(missing[1]) in self.jobs:
            self.fail(*self.jobs.pop(int(missing[1])), False)
        else:
            self.say(sentence(message))

    def begin(self, stats):
        self.totals = {rule: count for rule, count in stats.items() if rule not in ("total", "all")}
        stage_of = stages(CLONE)
        self.stage_of = {rule: stage_of.get(rule, rule) for rule in self.totals}
        self.base, self.expected = families(CLONE), None
        self.began = self.said = time.time()
        if not self.console.is_terminal:
            self.say(f"{sum(self.totals.values())} jobs: {', '.join(self.counts())}")
            threading.Thread(target=self.speak_up, daemon=True).start()
            return
        self.bars = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=16),
            MofNCompleteColumn(),
            TextColumn("{task.fields[now]}", table_column=Column(ratio=1, no_wrap=True, overflow="ellipsis")),
            console=self.console,
            auto_refresh=False,
            expand=True,
        )
        order = [stage for stage in STAGES if stage in self.stage_of.values()]
        self.tasks = {stage: self.bars.add_task(stage, total=self.of(stage), now="") for stage in order}
        self.live = Live(get_renderable=self.picture, console=self.console, refresh_per_second=2)
        self.live.start()

    def of(self, stage):
        return sum(count for rule, count in self.totals.items() if self.stage_of[rule] == stage)

    def done(self, stage):
        return sum(count for rule, count in self.done_of.items() if self.stage_of.get(rule) == stage)

    def counts(self):
        order = [stage for stage in STAGES if stage in self.stage_of.values()]
        return [f"{stage} {self.done(stage)}/{self.of(stage)}" for stage in order]

    def summary(self):
        """One line: jobs done, time so far, time left."""
        now = time.time()
        if self.expected is None:  # not at the beginning: the config is written after it
            self.expected = expected(CLONE, datasets_of_run())
        running = {
            job_of(rule, logs): threads * (now - began)
            for rule, _, threads, logs, began in list(self.jobs.values())
        }
        totals = Counter()
        for rule, count in self.totals.items():
            totals[self.base.get(rule, rule)] += count
        took = dict(self.took)
        elsewhere = (sum(took.values()) + sum(running.values())) / max(now - self.began, 1)  # as on a cluster
        seconds = time_left(totals, took, running, self.expected, self.cores or max(elsewhere, 1))
        done, total = self.done_of.total(), sum(self.totals.values())
        unknown = seconds is None or done == total or self.over.is_set()
        ahead = "" if unknown else f", about {spoken(seconds)} left"
        return f"{done} of {total} jobs in {spoken(now - self.began)}{ahead}"

    def picture(self):
        for stage, task in self.tasks.items():
            self.bars.update(task, completed=self.done(stage), now=self.at_work([stage]))
        return Group(self.bars, Text(self.summary()))

    def at_work(self, some_stages):
        """The jobs of some stages that are at work, by name."""
        names = [name for rule, name, *_ in list(self.jobs.values()) if self.stage_of[rule] in some_stages]
        more = f" and {len(names) - 3} more" if len(names) > 3 else ""
        return ", ".join(names[:3]) + more

    def tell(self):
        """A line for every tenth of the jobs, where bars cannot stay in place."""
        done, total = self.done_of.total(), sum(self.totals.values())
        if not self.console.is_terminal and total and done * 10 // total > self.tenths:
            self.tenths = done * 10 // total
            self.tell_all()

    def tell_all(self):
        """One line: how far each stage is, and what is at work."""
        now = self.at_work(STAGES)
        self.said = time.time()
        self.say(f"{self.summary()}: {', '.join(self.counts())}{f'; at work: {now}' if now else ''}")

    def speak_up(self):
        """A line whenever there was none for a minute, until the run is over."""
        while not self.over.wait(max(self.said + SILENCE - time.time(), 1)):
            if time.time() >= self.said + SILENCE:
                self.tell_all()

    def fail(self, _rule, name, _threads, logs, began, grouped):
        """Say why a job failed.

        When one of the jobs in a Slurm job fails, Snakemake says that all of them did. Those with an empty
        log did not.
        """
        told = [log for log in logs if Path(log).exists() and Path(log).stat().st_mtime >= began]
        if grouped and not any(Path(log).stat().st_size for log in told):
            return
        self.say(
            f"failed: {name}: {reason(told[0]) if told else 'left no log'}", *(f"  {log}" for log in told[:1])
        )

    def say(self, *lines):
        for line in filter(None, lines):
            self.console.print(Text(line), soft_wrap=True)

    def end(self):
        """Leave the bars as they are at the end."""
        self.over.set()
        if self.live:
            self.live.stop()
            self.live = None

    def close(self):
        self.end()
        super().close()


def datasets_of_run():
    """Names of the run's data sets; none if it did not record its config."""
    path = Path(RUN_CONFIG)
    return yaml.safe_load(path.read_text())["run"]["datasets"] if path.exists() else []


def job_of(rule, logs):
    """What progress.py calls a job: its log without folder and ending, or its rule."""
    return Path(logs[0]).relative_to("logs").with_suffix("").as_posix() if logs else rule


def sentence(message):
    """An error as Snakemake formats it, without where in the rules it was raised.

    Empty if it is about a failed job, of which the job's own log says more.
    """
    if "Directory cannot be locked" in message:  # of two runs that begin at the same moment
        return "error: another run is at work on the same results in this folder; wait for it or stop it"
    lines = message.splitlines()
    if any(line.startswith(("CalledProcessError", "At least one job did not complete")) for line in lines):
        return ""
    if lines and re.match(r"\w+( in (file|rule) .*)?:$", lines[0]):
        lines = lines[1:]
    return "\n".join(line for line in lines if not re.match(r'  File "', line))
