"""Commands for a stack's account and cluster: their addresses and their processes."""

from __future__ import annotations

import os
import shlex

import click

from rehearsal.cli.shared import environment_of, messages, stack_option, used_by
from rehearsal.processes import lifecycle
from rehearsal.pulumi.engine import variables
from rehearsal.pulumi.launcher import STACK_VARIABLE, write_launcher
from rehearsal.tools import build


@click.command()
@stack_option
def env(stack: str) -> None:
    """Print environment variables for pulumi and kubectl.

    With them, `pulumi`, `kubectl`, `helm` and `aws` act on the rehearsal of the stack, and `pulumi`
    leaves the stack files as they are. Use them with: eval "$(python -m rehearsal env -s dev)"
    """
    environment = environment_of(stack)
    exported = variables(environment) | {STACK_VARIABLE: stack}
    launcher = write_launcher(environment, build.engine())
    exported["PATH"] = os.pathsep.join([str(launcher), exported["PATH"]])
    for name, value in exported.items():
        click.echo(f"export {name}={shlex.quote(value)}")


@click.group()
def cloud() -> None:
    """Manage the emulated account and the cluster of a stack."""


@cloud.command()
@stack_option
def start(stack: str) -> None:
    """Start the account and the cluster in their saved state."""
    lifecycle.start(environment_of(stack), progress=messages.print)


@cloud.command()
@stack_option
def stop(stack: str) -> None:
    """Save the account and stop every process."""
    lifecycle.stop(used_by(stack))


@cloud.command()
@stack_option
def status(stack: str) -> None:
    """Show the status of each process.

    The exit status is 1 if a process does not run.
    """
    found = lifecycle.status(used_by(stack))
    for one in found:
        port = f", port {one.port}" if one.port else ""
        state = f"running, pid {one.pid}{port}" if one.running else "stopped"
        click.echo(f"{one.name:<12} {state}")
    if not all(one.running for one in found):
        raise SystemExit(1)


COMMANDS = (env, cloud)
