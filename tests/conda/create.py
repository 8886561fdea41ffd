"""`conda create` on py-rattler, conda's own library, where there is no conda: it solves, fetches and links.

It takes the name of the program that it stands for and the words that environment.py gives. The channels lie
below the `channel_alias` of the file CONDARC.
"""

import argparse
import asyncio
import os
import sys
from pathlib import Path

import yaml
from rattler import Channel, VirtualPackage, install, solve
from rattler.exceptions import SolverError


async def create(prefix, channels, packages):
    """Make an environment. channels: their addresses."""
    system = VirtualPackage.detect()
    records = await solve([Channel(address) for address in channels], packages, virtual_packages=system)
    await install(records, prefix, show_progress=False)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("program")
    parser.add_argument("command", choices=["create"])
    parser.add_argument("--prefix", required=True)
    parser.add_argument("--channel", action="append", required=True)
    parser.add_argument("packages", nargs="+")
    for flag in ("--yes", "--quiet", "--override-channels"):
        parser.add_argument(flag, action="store_true", required=True)
    parser.add_argument("--no-default-packages", action="store_true")
    args = parser.parse_args()
    if args.no_default_packages != (args.program == "conda"):
        sys.exit("error: conda knows --no-default-packages, the others do not")
    alias = yaml.safe_load(Path(os.environ["CONDARC"]).read_text())["channel_alias"]
    try:
        asyncio.run(create(args.prefix, [f"{alias}/{name}" for name in args.channel], args.packages))
    except SolverError as error:
        print(f"SolverError: {error}", file=sys.stderr, flush=True)
        os._exit(1)
    os._exit(0)  # at once: py-rattler's threads may crash an interpreter that takes its time to end


main()
