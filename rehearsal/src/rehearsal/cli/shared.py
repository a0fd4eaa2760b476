"""Code that the commands share: consoles, the option for the stack, error handling."""

from __future__ import annotations

from typing import Any

import click
from pulumi import automation
from rich.console import Console

from rehearsal.paths import RehearsalError
from rehearsal.pulumi.engine import StackError
from rehearsal.tools.build import ToolError

console = Console(highlight=False)
messages = Console(stderr=True, highlight=False)

stack_option = click.option(
    "--stack",
    "-s",
    default="dev",
    show_default=True,
    help="Name of the stack, whose file is Pulumi.<stack>.yaml.",
)


class RehearsalCommand(click.Group):
    """Group of commands that reports errors as sentences instead of tracebacks."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command, and turn an error into an exit status."""
        try:
            return super().invoke(ctx)
        except (StackError, ToolError, RehearsalError) as error:
            raise click.ClickException(str(error)) from error
        except automation.ConcurrentUpdateError as error:
            raise click.ClickException(
                "another update of this stack is under way, or one was killed. If none runs: "
                '`eval "$(python -m rehearsal env -s STACK)" && pulumi cancel -s STACK --yes`'
            ) from error
        except automation.CommandError as error:
            raise click.ClickException(engine_message(error)) from error


def engine_message(error: automation.CommandError) -> str:
    """Return the engine's error message without the text that the Automation API adds to it."""
    text = str(error)
    _, found, said = text.partition("error: ")
    return said.strip() if found else text
