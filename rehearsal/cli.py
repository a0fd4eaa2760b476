"""The command: Pulumi's own verbs, flags and words, on one machine.

python -m rehearsal up -s dev
"""

from __future__ import annotations

import contextlib
import json
import shlex
import signal
import threading
from collections.abc import Callable, Iterator
from typing import Any

import click
from pulumi import automation
from rich.console import Console

from rehearsal import records
from rehearsal import world as worlds
from rehearsal.display import Progress
from rehearsal.engine import Deployment, StackError, environment, stack_file
from rehearsal.places import World, WorldError
from rehearsal.records import Record
from rehearsal.tools import ToolError

console = Console(highlight=False)
messages = Console(stderr=True, highlight=False)

stack_option = click.option(
    "--stack", "-s", default="dev", show_default=True, help="The stack: Pulumi.<stack>.yaml."
)
yes_option = click.option("--yes", "-y", is_flag=True, help="Go on without asking.")
skip_preview_option = click.option(
    "--skip-preview", "-f", is_flag=True, help="Do not show what would change first."
)
parallel_option = click.option(
    "--parallel", "-p", type=click.IntRange(min=1), help="How many operations at a time."
)
target_option = click.option(
    "--target", "-t", multiple=True, metavar="URN", help="Only this resource; may be repeated."
)
refresh_option = click.option(
    "--refresh", "-r", is_flag=True, help="Read the real state of every resource first."
)
expect_option = click.option(
    "--expect-no-changes", is_flag=True, help="Fail if anything would change or changes."
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


@click.group(cls=RehearsalCommand, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Deploy the program on this machine: the real engine and Kubernetes, an emulated AWS."""


@main.command()
@stack_option
@yes_option
@skip_preview_option
@refresh_option
@parallel_option
@target_option
@expect_option
@click.option("--replace", multiple=True, metavar="URN", help="Replace this resource.")
def up(stack: str, yes: bool, skip_preview: bool, **flags: Any) -> None:
    """Create or update the resources of a stack."""
    deployment = opened(stack)
    flags = given(flags)
    if not skip_preview:
        planned = {name: flags[name] for name in flags if name != "expect_no_changes"}
        run(deployment, deployment.stack.preview, preview=True, **planned)
    confirm("Do you want to perform this update?", yes)
    done = run(deployment, deployment.stack.up, suppress_outputs=True, **flags)
    console.print("\nOutputs:", style="bold")
    print_outputs(shown(done.outputs, secrets=False))


@main.command()
@stack_option
@refresh_option
@parallel_option
@target_option
@expect_option
def preview(stack: str, **flags: Any) -> None:
    """Show what an update would do."""
    deployment = opened(stack)
    run(deployment, deployment.stack.preview, preview=True, **given(flags))


@main.command()
@stack_option
@yes_option
@skip_preview_option
@parallel_option
@target_option
@click.option("--remove", is_flag=True, help="Remove the stack and its history as well.")
def destroy(stack: str, yes: bool, skip_preview: bool, remove: bool, **flags: Any) -> None:
    """Delete every resource of a stack."""
    deployment = opened(stack)
    if not skip_preview:  # which is also where a protected resource stops it, before it begins
        run(deployment, deployment.stack.preview_destroy, preview=True, **given(flags))
    confirm(f"Do you want to destroy every resource of {stack}?", yes)
    run(deployment, deployment.stack.destroy, **given(flags))
    if remove:
        deployment.stack.workspace.remove_stack(stack)


@main.command()
@stack_option
@yes_option
@parallel_option
@target_option
@expect_option
def refresh(stack: str, yes: bool, **flags: Any) -> None:
    """Read the real state of every resource into the stack's."""
    deployment = opened(stack)
    confirm("Do you want to refresh this stack?", yes)
    run(deployment, deployment.stack.refresh, **given(flags))


@main.command()
@stack_option
@click.option("--json", "-j", "as_json", is_flag=True, help="As JSON.")
@click.option("--show-secrets", is_flag=True, help="Show secret outputs in plain text.")
@click.argument("name", required=False)
def output(stack: str, as_json: bool, show_secrets: bool, name: str | None) -> None:
    """Show a stack's outputs, or one of them."""
    deployment = Deployment(World.of(stack))
    outputs = shown(deployment.stack.outputs(), show_secrets or name is not None)
    if name:
        if name not in outputs:
            raise click.ClickException(f"{stack} has no output {name}; it has {', '.join(outputs)}")
        value = outputs[name]
        click.echo(value if isinstance(value, str) and not as_json else json.dumps(value, indent=2))
    elif as_json:
        click.echo(json.dumps(outputs, indent=2))
    else:
        print_outputs(outputs)


@main.command()
@stack_option
def env(stack: str) -> None:
    """Print the environment in which `pulumi` and `kubectl` do the same.

    Use it as: eval "$(python -m rehearsal env -s dev)"
    """
    stack_file(stack)
    for name, value in environment(World.of(stack)).items():
        click.echo(f"export {name}={shlex.quote(value)}")


@main.group()
def cloud() -> None:
    """The emulated account and the cluster of a stack."""


@cloud.command()
@stack_option
def start(stack: str) -> None:
    """Start them, as they were left."""
    stack_file(stack)
    worlds.start(World.of(stack), progress=messages.print)


@cloud.command()
@stack_option
def stop(stack: str) -> None:
    """Save the account, and stop every process."""
    worlds.stop(World.of(stack))


@cloud.command()
@stack_option
def status(stack: str) -> None:
    """Show each process."""
    found = worlds.status(World.of(stack))
    for one in found:
        state = f"running, pid {one.pid}, port {one.port}" if one.running else "stopped"
        click.echo(f"{one.name:<12} {state}")
    if not all(one.running for one in found):
        raise SystemExit(1)


def opened(stack: str) -> Deployment:
    """A stack on its world, which is started where it does not run."""
    stack_file(stack)
    world = World.of(stack)
    worlds.start(world, progress=messages.print)
    return Deployment(world)


def run(
    deployment: Deployment, operation: Callable[..., Any], *, preview: bool = False, **flags: Any
) -> Any:
    """Let the engine do one operation, and show it; save the account when it has ended.

    Returns:
        What the Automation API gives for it.
    """
    try:
        with Progress(console, preview=preview) as progress, interruptible(deployment):
            return operation(on_event=progress.event, **flags)
    except automation.CommandError as error:
        if isinstance(error, automation.ConcurrentUpdateError) or not progress.rows:
            raise
        raise SystemExit(1) from error  # the diagnostics have said it
    finally:
        if not preview:
            worlds.save(deployment.world)
            steps = {"steps": progress.steps()}
            name, took = operation.__name__, progress.elapsed
            records.add(deployment.world, Record("update", name, "", "", 0, 0, took, detail=steps))


@contextlib.contextmanager
def interruptible(deployment: Deployment) -> Iterator[None]:
    """Turn a Ctrl-C into the engine's cancellation, and wait for it to end in order."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def cancel(*_: object) -> None:
        messages.print(
            "cancelling: what has begun is finished or ended first, then the state saved"
        )
        deployment.command.interrupt()

    before = {one: signal.signal(one, cancel) for one in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)


def given(flags: dict[str, Any]) -> dict[str, Any]:
    """The flags that were given, in the form the Automation API takes."""
    return {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in flags.items()
        if value
    }


def confirm(question: str, yes: bool) -> None:
    """Ask, unless told not to.

    Raises:
        click.ClickException: there is nobody to ask.
        SystemExit: the answer was no.
    """
    if yes:
        return
    if not console.is_terminal:
        raise click.ClickException("--yes must be given where there is no terminal to ask at")
    if not click.confirm(question):
        raise SystemExit(1)


def shown(outputs: automation.OutputMap, secrets: bool) -> dict[str, Any]:
    """The values of outputs, the secret ones hidden unless asked for."""
    return {
        name: "[secret]" if one.secret and not secrets else one.value
        for name, one in outputs.items()
    }


def print_outputs(outputs: dict[str, Any]) -> None:
    """Print a line for each."""
    width = max((len(name) for name in outputs), default=0)
    for name, value in outputs.items():
        text = value if isinstance(value, str) else json.dumps(value)
        console.print(f"    {name:<{width}}  {text}", markup=False, soft_wrap=True)


def engine_words(error: automation.CommandError) -> str:
    """What the engine said of its failure, without the Automation API's frame around it."""
    text = str(error)
    _, found, said = text.partition("error: ")
    return said.strip() if found else text
