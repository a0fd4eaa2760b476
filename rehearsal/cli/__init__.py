"""Command line of the rehearsal: Pulumi's own commands and flags, on one machine.

python -m rehearsal up -s dev

    updates  up, preview, destroy, refresh: operations of the engine
    reading  output, logs, results, report: results for a person to read
    place    env, cloud: access to a stack's account and cluster
    shared   code that the commands share
"""

from __future__ import annotations

import click

from rehearsal.cli import place, reading, updates
from rehearsal.cli.shared import RehearsalCommand


@click.group(cls=RehearsalCommand, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Deploy the program on this machine, with an emulated AWS.

    The Pulumi engine and the Kubernetes API are real.
    """


for module in (updates, reading, place):
    for command in module.COMMANDS:
        main.add_command(command)
