"""Commands that run an operation of the engine and show its progress."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator
from typing import Any

import click
from pulumi import automation

from rehearsal import records
from rehearsal.cli.faults import take_faults
from rehearsal.cli.results import print_outputs, shown
from rehearsal.cli.shared import console, environment_of, messages, stack_option, tell
from rehearsal.paths import Environment
from rehearsal.processes import lifecycle
from rehearsal.pulumi.back_end import clear_locks
from rehearsal.pulumi.display import Progress
from rehearsal.pulumi.engine import Deployment
from rehearsal.pulumi.program_check import check_program
from rehearsal.records import Record

yes_option = click.option("--yes", "-y", is_flag=True, help="Continue without asking.")
skip_preview_option = click.option(
    "--skip-preview", "-f", is_flag=True, help="Do not show the changes before they are made."
)
parallel_option = click.option(
    "--parallel", "-p", type=click.IntRange(min=1), help="Maximum number of parallel operations."
)
target_option = click.option(
    "--target", "-t", multiple=True, metavar="URN", help="Limit to this resource; may be repeated."
)
refresh_option = click.option(
    "--refresh", "-r", is_flag=True, help="First update the state from the real resources."
)
expect_option = click.option(
    "--expect-no-changes", is_flag=True, help="Fail if the operation changes anything."
)

IN_ORDER = "cancelling: what has begun is finished or ended first, then the state saved"
AT_ONCE = "ending at once: the next update tells what had begun"
CANCELLED = 128 + signal.SIGINT
"""Exit status of a command that a Ctrl-C ended, as in shells."""


@click.command()
@stack_option
@take_faults
@yes_option
@skip_preview_option
@refresh_option
@parallel_option
@target_option
@expect_option
@click.option("--replace", multiple=True, metavar="URN", help="Replace this resource. Repeatable.")
def up(stack: str, yes: bool, skip_preview: bool, **flags: Any) -> None:
    """Create or update the resources of a stack."""
    deployment = opened(stack)
    flags = options_of(flags)
    if not skip_preview:
        planned = {name: flags[name] for name in flags if name != "expect_no_changes"}
        run(deployment, deployment.stack.preview, preview=True, **planned)
    confirm("Do you want to perform this update?", yes)
    done = run(deployment, deployment.stack.up, suppress_outputs=True, **flags)
    console.print("\nOutputs:", style="bold")
    print_outputs(shown(done.outputs, secrets=False))


@click.command()
@stack_option
@take_faults
@refresh_option
@parallel_option
@target_option
@expect_option
def preview(stack: str, **flags: Any) -> None:
    """Show what an update would do."""
    deployment = opened(stack, locks=False)
    run(deployment, deployment.stack.preview, preview=True, **options_of(flags))


@click.command()
@stack_option
@take_faults
@yes_option
@skip_preview_option
@parallel_option
@target_option
@click.option("--remove", is_flag=True, help="Remove the stack and its history as well.")
def destroy(stack: str, yes: bool, skip_preview: bool, remove: bool, **flags: Any) -> None:
    """Delete every resource of a stack."""
    deployment = opened(stack, check=False)
    if not skip_preview:  # the preview also fails on a protected resource, before any deletion
        run(deployment, deployment.stack.preview_destroy, preview=True, **options_of(flags))
    confirm(f"Do you want to destroy every resource of {stack}?", yes)
    run(deployment, deployment.stack.destroy, **options_of(flags))
    if remove:
        deployment.stack.workspace.remove_stack(stack)


@click.command()
@stack_option
@take_faults
@yes_option
@parallel_option
@target_option
@expect_option
def refresh(stack: str, yes: bool, **flags: Any) -> None:
    """Update the stack's state from its real resources."""
    deployment = opened(stack, check=False)
    confirm("Do you want to refresh this stack?", yes)
    run(deployment, deployment.stack.refresh, **options_of(flags))


def opened(stack: str, *, check: bool = True, locks: bool = True) -> Deployment:
    """Return a stack's deployment, with its rehearsal started.

    Args:
        stack: Name of the stack.
        check: Run the program's own check of the stack file first, unless all processes run.
        locks: Free the stack of what killed updates left; a preview needs no lock.
    """
    environment = environment_of(stack)
    if check and not lifecycle.runs(environment):
        check_program(environment)  # else the program's own preview refuses it as early
    if locks:
        clear_locks(environment, tell)
    lifecycle.start(environment, progress=messages.print)
    deployment = Deployment(environment)
    if locks:
        deployment.forget_pending_operations(tell)
    return deployment


def run(
    deployment: Deployment, operation: Callable[..., Any], *, preview: bool = False, **flags: Any
) -> Any:
    """Run one operation of the engine and show its progress; save the account afterwards.

    Returns:
        The result of the Automation API.
    """
    try:
        with Progress(console, preview=preview) as progress, interruptible(deployment):
            return operation(on_event=progress.event, **flags)
    except automation.CommandError as error:
        if deployment.command.interrupted:
            messages.print("cancelled: the next update goes on from what was done")
            raise SystemExit(CANCELLED) from error
        if isinstance(error, automation.ConcurrentUpdateError) or not progress.rows:
            raise
        raise SystemExit(1) from error  # the diagnostics have shown the error
    finally:
        if not preview:
            save(deployment.environment)
            steps = {"steps": progress.steps()}
            name, took = operation.__name__, progress.elapsed
            stack = deployment.environment.stack
            records.add(
                deployment.environment, Record("update", name, "", stack, 0, 0, took, detail=steps)
            )


def save(environment: Environment) -> None:
    """Save the emulated account, and name the services that cannot be saved."""
    if unsaved := lifecycle.save(environment):
        messages.print(
            f"The emulated {', '.join(unsaved)} can't be saved: it is empty, or as it was saved "
            "last, when the emulated AWS is started again."
        )


@contextlib.contextmanager
def interruptible(deployment: Deployment) -> Iterator[None]:
    """Turn a Ctrl-C into the engine's cancellation, and wait for it to end in order."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def cancel(*_: object) -> None:
        again = deployment.command.interrupted
        tell(AT_ONCE if again else IN_ORDER)
        deployment.command.interrupt()

    before = {one: signal.signal(one, cancel) for one in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)


def options_of(flags: dict[str, Any]) -> dict[str, Any]:
    """Return the flags that were given, in the form that the Automation API takes."""
    return {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in flags.items()
        if value
    }


def confirm(question: str, yes: bool) -> None:
    """Ask a question, unless `yes` is true.

    Raises:
        click.ClickException: There is no terminal to ask on.
        SystemExit: The answer was no.
    """
    if yes:
        return
    if not console.is_terminal:
        raise click.ClickException("--yes must be given where there is no terminal to ask at")
    if not click.confirm(question):
        raise SystemExit(1)


COMMANDS = (up, preview, destroy, refresh)
