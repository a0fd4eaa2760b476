"""What a person looks at: outputs, logs, the trained models, the report."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

import click
from pulumi import automation

from rehearsal import world as worlds
from rehearsal.cli.shared import console, messages, stack_option
from rehearsal.engine import Deployment, StackError, region
from rehearsal.logs import print_logs
from rehearsal.places import World, home
from rehearsal.report import of, write
from rehearsal.results import Result, await_jobs, show

timeout_option = click.option(
    "--timeout", type=float, default=600, show_default=True, help="Seconds to wait for jobs."
)


@click.command()
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


@click.command()
@stack_option
@click.option("--follow", "-f", is_flag=True, help="Go on with what is added.")
@click.argument("name")
def logs(stack: str, follow: bool, name: str) -> None:
    """Print the log of a pod, a Job, a Deployment, a training job or a process.

    NAME is theirs, a pod's also as NAMESPACE/POD.
    """
    with contextlib.suppress(KeyboardInterrupt):
        print_logs(World.of(stack), name, follow, console)


@click.command()
@stack_option
@timeout_option
def results(stack: str, timeout: float) -> None:
    """Wait for the stack's training jobs, and try the models they made."""
    world = World.of(stack)
    jobs = outcomes(Deployment(world), timeout)
    raise SystemExit(show(jobs, console))


@click.command()
@stack_option
@timeout_option
@click.option("--file", type=click.Path(path_type=Path), help="Where to. [default: .rehearsal]")
def report(stack: str, timeout: float, file: Path | None) -> None:
    """Write one HTML page: what was deployed, what moved, what was trained."""
    world = World.of(stack)
    deployment = Deployment(world)
    jobs = [of(world, one) for one in outcomes(deployment, timeout)]
    state = deployment.stack.export_stack().deployment
    target = file or home() / "reports" / f"{stack}.html"
    project = deployment.stack.workspace.project_settings().name
    console.print(f"{write(world, state or {}, jobs, project, target)}", soft_wrap=True)


def outcomes(deployment: Deployment, timeout: float) -> list[Result]:
    """What became of the stack's training jobs.

    Raises:
        StackError: the stack is not deployed.
    """
    world = deployment.world
    outputs = deployment.stack.outputs()
    if "trainingJobs" not in outputs:
        raise StackError(
            f"stack {world.stack} is not deployed: `python -m rehearsal up -s {world.stack}`"
        )
    worlds.start(world, progress=messages.print)
    names = outputs["trainingJobs"].value.values()
    return await_jobs(world, region(world.stack) or "", names, timeout, tell=messages.print)


COMMANDS = (output, logs, results, report)
