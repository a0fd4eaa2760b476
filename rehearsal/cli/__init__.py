"""The command: Pulumi's own verbs, flags and words, on one machine.

python -m rehearsal up -s dev

    updates  up, preview, destroy, refresh: what the engine does
    reading  output, logs, results, report: what a person looks at
    place    env, cloud: where a stack's account and cluster are
    shared   what they have in common
"""

from __future__ import annotations

import click

from rehearsal.cli import place, reading, updates
from rehearsal.cli.shared import RehearsalCommand


@click.group(cls=RehearsalCommand, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Deploy the program on this machine: the real engine and Kubernetes, an emulated AWS."""


for module in (updates, reading, place):
    for command in module.COMMANDS:
        main.add_command(command)
