"""Code that the commands share: consoles, the option for the stack, error handling."""

from __future__ import annotations

import errno
from collections.abc import Callable
from typing import Any

import click
from pulumi import automation
from rich.console import Console

from rehearsal.paths import Environment, RehearsalError, home
from rehearsal.project import settings
from rehearsal.pulumi.engine import StackError
from rehearsal.pulumi.project_files import check_files
from rehearsal.tools.build import ToolError

FULL = {errno.ENOSPC, errno.EDQUOT}
FULL_REMEDY = "Free some space and run the command again: it goes on from what was done"
BESIDE = "another update of this stack has just begun: wait for its end, then run this one again"

console = Console(highlight=False)
messages = Console(stderr=True, highlight=False)

_OWNER = "rehearsal.environment"
_stack = click.option(
    "--stack",
    "-s",
    default="dev",
    show_default=True,
    help="Name of the stack, whose file is Pulumi.<stack>.yaml.",
)
_environment = click.option(
    "--environment",
    metavar="STACK",
    expose_value=False,
    callback=lambda context, _, value: context.meta.__setitem__(_OWNER, value),
    help="Use the account and the cluster of another stack. The choice is remembered.",
)


def stack_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options for the stack and for the environment that it is deployed to."""
    return _stack(_environment(command))


def tell(text: str) -> None:
    """Print a line about the progress, for a person to read."""
    messages.print(text, markup=False, soft_wrap=True)


def environment_of(stack: str) -> Environment:
    """Return the environment of a stack, once everything that a person writes for it can be read.

    Raises:
        RehearsalError: A file is missing or broken.
    """
    check_files(stack)
    return used_by(stack)


def used_by(stack: str) -> Environment:
    """Return the environment of a stack: its own, or that of the stack that an option names.

    A choice that the program's settings make holds for a stack that has no environment yet.

    Raises:
        RehearsalError: The other stack has no environment, or this one has another.
    """
    context = click.get_current_context(silent=True)
    named = context.meta.get(_OWNER) if context else None
    if named is None and not (home() / "environments" / stack).exists():
        named = settings().environments.get(stack)
    return Environment.of(stack, named)


class RehearsalCommand(click.Group):
    """Group of commands that reports errors as sentences instead of tracebacks."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command, and turn an error into an exit status."""
        try:
            return super().invoke(ctx)
        except (StackError, ToolError, RehearsalError) as error:
            raise click.ClickException(str(error)) from error
        except automation.ConcurrentUpdateError as error:
            raise click.ClickException(BESIDE) from error
        except automation.CommandError as error:
            raise click.ClickException(engine_message(error)) from error
        except OSError as error:
            if error.errno == errno.EPIPE:
                raise  # which click takes for the end of a pager
            raise click.ClickException(system_words(error)) from error


def system_words(error: OSError) -> str:
    """Return an error of the operating system as a sentence."""
    place = error.filename or (home() if error.errno in FULL else "")
    said = ": ".join(filter(None, (str(place), error.strerror or str(error))))
    return f"{said}. {FULL_REMEDY}" if error.errno in FULL else said


def engine_message(error: automation.CommandError) -> str:
    """Return the engine's error message without the text that the Automation API adds to it."""
    text = str(error)
    _, found, said = text.partition("error: ")
    return said.strip() if found else text
