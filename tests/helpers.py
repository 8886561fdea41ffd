"""What tests of the plan share, in one process: the config as the rules get it."""

import copy

import yaml
from conftest import ROOT
from planning.config import checked
from snakemake.utils import update_config

CONFIG = yaml.safe_load((ROOT / "config.yaml").read_text())


def merged(change):
    """config.yaml and a second file (a dict), as Snakemake merges them."""
    config = copy.deepcopy(CONFIG)
    update_config(config, copy.deepcopy(change))
    return config


def checked_with(change):
    """The checked config of config.yaml and a second file (a dict). Raises WorkflowError with every fault."""
    return checked(merged(change))
