"""What the commands have in common: where they print, the stack they are about, how they fail."""

from __future__ import annotations

from typing import Any

import click
from pulumi import automation
from rich.console import Console

from rehearsal.engine import StackError
from rehearsal.places import WorldError
from rehearsal.tools import ToolError

console = Console(highlight=False)
messages = Console(stderr=True, highlight=False)

stack_option = click.option(
    "--stack", "-s", default="dev", show_default=True, help="The stack: Pulumi.<stack>.yaml."
)


class RehearsalCommand(click.Group):
    """A group of commands whose failures are sentences, not tracebacks."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run, and turn what went wrong into an exit status."""
        try:
            return super().invoke(ctx)
        except (StackError, ToolError, WorldError) as error:
            raise click.ClickException(str(error)) from error
        except automation.ConcurrentUpdateError as error:
            raise click.ClickException(
                "another update of this stack is under way, or one was killed. If none runs: "
                '`eval "$(python -m rehearsal env -s STACK)" && pulumi cancel -s STACK --yes`'
            ) from error
        except automation.CommandError as error:
            raise click.ClickException(engine_words(error)) from error


def engine_words(error: automation.CommandError) -> str:
    """What the engine said of its failure, without the Automation API's frame around it."""
    text = str(error)
    _, found, said = text.partition("error: ")
    return said.strip() if found else text
