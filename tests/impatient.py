"""Snakemake whose executor asks every second what became of its jobs.

The plugin of Slurm waits ten seconds longer each time that none has ended, for the sake of clusters with many
users. No setting changes that.
"""

from snakemake.cli import main
from snakemake_interface_executor_plugins.executors.remote import RemoteExecutor

RemoteExecutor.next_seconds_between_status_checks = property(lambda self: 1, lambda self, seconds: None)
main()
