"""What `make run` shows: stages, models and time left in a few lines, each failure in the line that matters.

A logger plugin of Snakemake (`--logger gear`), which finds it by its name on the PYTHONPATH. Snakemake's
own log, .snakemake/log/, has all else that it says.
"""

import logging
import re
import sys
import time
from pathlib import Path

from rich.console import Console, Group
from rich.live import Live
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Column
from rich.text import Text
from shared.logs import reason
from snakemake_interface_logger_plugins.base import LogHandlerBase
from snakemake_interface_logger_plugins.common import LogEvent

from driver.progress import STAGES, called, known, spoken, stages, time_left

CLONE = Path(__file__).parents[3]


class LogHandler(LogHandlerBase):
    """Bars that stay in place on a terminal; elsewhere a line for every tenth of the jobs."""

    writes_to_stream = True
    writes_to_file = False
    has_filter = True
    has_formatter = True
    needs_rulegraph = False

    def __post_init__(self):
        self.console = Console(file=sys.stderr, highlight=False, soft_wrap=True)
        self.live = None
        self.totals, self.took, self.before = {}, {}, {}
        self.jobs = {}  # at work: {jobid: (rule, what it is called, its threads, its logs, when it began)}
        self.over = False
        self.tenths = 0

    def emit(self, record):
        try:
            self.show(record)
        except Exception:  # as every handler of Python's logging: a message that fails must not end the run
            self.handleError(record)

    def show(self, record):
        """Show what an event of Snakemake means to whoever waits."""
        event = getattr(record, "event", None)
        if self.common_settings.dryrun:
            if event is None or event == LogEvent.RUN_INFO:
                self.say(record.getMessage())
        elif event == LogEvent.RUN_INFO:
            self.begin(record.stats)
        elif event == LogEvent.JOB_INFO and record.rule_name in self.totals:
            name = called(record.rule_name, record.wildcards)
            self.jobs[record.jobid] = (record.rule_name, name, record.threads, record.log, time.time())
        elif event == LogEvent.JOB_FINISHED and record.job_id in self.jobs:
            rule, _, threads, _, began = self.jobs.pop(record.job_id)
            self.took.setdefault(rule, []).append(threads * (time.time() - began))
            self.tell()
        elif event == LogEvent.JOB_ERROR and record.jobid in self.jobs:
            self.fail(*self.jobs.pop(record.jobid), record.indent)
        elif event is None and record.getMessage().startswith("Exiting because a job execution failed"):
            self.end()
        elif event == LogEvent.ERROR or (event is None and record.levelno >= logging.WARNING):
            self.say(sentence(record.getMessage()))
        elif event is None and record.getMessage().startswith(
            ("Nothing to be done", "Trying to restart job")
        ):
            self.say(record.getMessage())

    def begin(self, stats):
        self.totals = {rule: count for rule, count in stats.items() if rule not in ("total", "all")}
        stage_of = stages(CLONE)
        self.stage_of = {rule: stage_of.get(rule, rule) for rule in self.totals}
        self.before = {rule: s for rule in self.totals if (s := known("logs", rule)) is not None}
        self.began = time.time()
        if not self.console.is_terminal:
            self.say(f"{sum(self.totals.values())} jobs: {', '.join(self.counts())}")
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
        return sum(len(times) for rule, times in self.took.items() if self.stage_of.get(rule) == stage)

    def counts(self):
        order = [stage for stage in STAGES if stage in self.stage_of.values()]
        return [f"{stage} {self.done(stage)}/{self.of(stage)}" for stage in order]

    def summary(self):
        """One line: jobs done, time so far, time left."""
        now = time.time()
        running = [(rule, threads * (now - began)) for rule, _, threads, _, began in list(self.jobs.values())]
        seconds = time_left(self.totals, self.took, running, self.before, max(now - self.began, 0.001))
        done, total = sum(map(len, self.took.values())), sum(self.totals.values())
        ahead = (
            f", about {spoken(seconds)} left"
            if seconds is not None and done < total and not self.over
            else ""
        )
        return f"{done} of {total} jobs in {spoken(now - self.began)}{ahead}"

    def picture(self):
        for stage, task in self.tasks.items():
            names = [name for rule, name, *_ in list(self.jobs.values()) if self.stage_of[rule] == stage]
            more = f" and {len(names) - 3} more" if len(names) > 3 else ""
            self.bars.update(task, completed=self.done(stage), now=", ".join(names[:3]) + more)
        return Group(self.bars, Text(self.summary()))

    def tell(self):
        """A line for every tenth of the jobs, where bars cannot stay in place."""
        done, total = sum(map(len, self.took.values())), sum(self.totals.values())
        if not self.console.is_terminal and total and done * 10 // total > self.tenths:
            self.tenths = done * 10 // total
            self.say(f"{self.summary()}: {', '.join(self.counts())}")

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
        self.over = True
        if self.live:
            self.live.stop()
            self.live = None

    def close(self):
        self.end()
        super().close()


def sentence(message):
    """An error as Snakemake formats it, without where in the rules it was raised.

    Empty if it is about a failed job, of which the job's own log says more.
    """
    lines = message.splitlines()
    if any(line.startswith(("CalledProcessError", "At least one job did not complete")) for line in lines):
        return ""
    if lines and re.match(r"\w+( in (file|rule) .*)?:$", lines[0]):
        lines = lines[1:]
    return "\n".join(line for line in lines if not re.match(r'  File "', line))
