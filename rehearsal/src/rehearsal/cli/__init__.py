"""Command line of the rehearsal: Pulumi's own commands and flags, on one machine.

python -m rehearsal up -s dev

    updates      up, preview, destroy, refresh: operations of the engine
    results      output, logs, results, report: results for a person to read
    environment  env, cloud: access to a stack's account and cluster
    faults       the option --faults of the commands that run the engine, and of results
    shared       code that the commands share
"""

from __future__ import annotations

import os

import click

from rehearsal import folders
from rehearsal.cli import environment, results, updates
from rehearsal.cli.shared import RehearsalCommand


@click.group(cls=RehearsalCommand, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Deploy the program on this machine, with an emulated AWS.

    The Pulumi engine and the Kubernetes API are real.
    """
    os.umask(folders.UMASK)  # also of the processes that the command starts


for module in (updates, results, environment):
    for command in module.COMMANDS:
        main.add_command(command)
