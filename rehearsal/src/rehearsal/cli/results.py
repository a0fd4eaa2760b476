"""Commands that show the results: outputs, logs, trained models, the report."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click
from botocore.exceptions import ClientError
from pulumi import automation

from rehearsal.cli.faults import take_faults
from rehearsal.cli.shared import console, environment_of, messages, stack_option
from rehearsal.folders import close_to_others
from rehearsal.logs import print_logs
from rehearsal.paths import home
from rehearsal.processes import lifecycle
from rehearsal.project import settings
from rehearsal.pulumi.engine import Deployment, StackError
from rehearsal.pulumi.project_files import region
from rehearsal.sagemaker.results import Result, await_jobs, newest_jobs, show

MOST_JOBS = 20
"""Maximum number of jobs in the report that the update did not start."""

timeout_option = click.option(
    "--timeout", type=float, default=600, show_default=True, help="Seconds to wait for the jobs."
)


@click.command()
@stack_option
@click.option("--json", "-j", "as_json", is_flag=True, help="Print the outputs as JSON.")
@click.option("--show-secrets", is_flag=True, help="Show secret outputs in plain text.")
@click.argument("name", required=False)
def output(stack: str, as_json: bool, show_secrets: bool, name: str | None) -> None:
    """Show a stack's outputs, or one of them."""
    deployment = Deployment(environment_of(stack))
    outputs = shown(deployed(deployment), show_secrets or name is not None)
    if name:
        if name not in outputs:
            raise click.ClickException(f"{stack} has no output {name}; it has {', '.join(outputs)}")
        value = outputs[name]
        click.echo(value if isinstance(value, str) and not as_json else json.dumps(value, indent=2))
    elif as_json:
        click.echo(json.dumps(outputs, indent=2))
    else:
        print_outputs(outputs)


def deployed(deployment: Deployment) -> automation.OutputMap:
    """Return the outputs of a deployed stack.

    Raises:
        StackError: The stack is not deployed.
    """
    outputs = deployment.stack.outputs()
    if not outputs:
        name = deployment.environment.stack
        raise StackError(f"stack {name} is not deployed: `python -m rehearsal up -s {name}`")
    return outputs


def shown(outputs: automation.OutputMap, secrets: bool) -> dict[str, Any]:
    """Return the values of outputs; secret values are hidden unless `secrets` is true."""
    return {
        name: "[secret]" if one.secret and not secrets else one.value
        for name, one in outputs.items()
    }


def print_outputs(outputs: dict[str, Any]) -> None:
    """Print a line for each output."""
    width = max((len(name) for name in outputs), default=0)
    for name, value in outputs.items():
        text = value if isinstance(value, str) else json.dumps(value)
        console.print(f"    {name:<{width}}  {text}", markup=False, soft_wrap=True)


@click.command()
@stack_option
@click.option("--follow", "-f", is_flag=True, help="Print new lines until interrupted.")
@click.argument("name")
def logs(stack: str, follow: bool, name: str) -> None:
    """Print the log of a pod, Job, Deployment, training job or process.

    NAME is its name; for a pod, NAMESPACE/POD is allowed as well.
    """
    with contextlib.suppress(KeyboardInterrupt):
        print_logs(environment_of(stack), name, follow, console)


@click.command()
@stack_option
@take_faults
@timeout_option
@click.argument("names", nargs=-1)
def results(stack: str, timeout: float, names: tuple[str, ...]) -> None:
    """Wait for training jobs and evaluate their models.

    NAMES are SageMaker's names of jobs, or their names in the stack file. By default, all jobs of
    the stack are shown.
    """
    found = outcomes(Deployment(environment_of(stack)), names or None, timeout, messages.print)
    raise SystemExit(show(found, console))


@click.command()
@stack_option
@click.option(
    "--file",
    type=click.Path(path_type=Path),
    help="File to write; a file in .rehearsal/reports by default.",
)
def report(stack: str, file: Path | None) -> None:
    """Write an HTML page about the deployed stack.

    It shows what was deployed, which data was transferred, and what was trained so far.
    """
    from rehearsal.report import of, write  # noqa: PLC0415 - half a second of every start

    environment = environment_of(stack)
    deployment = Deployment(environment)
    jobs = [of(environment, one) for one in outcomes(deployment, newest=MOST_JOBS)]
    state = deployment.stack.export_stack().deployment
    target = file or close_to_others(home() / "reports") / f"{stack}.html"
    project = deployment.stack.workspace.project_settings().name
    written = write(environment, state or {}, jobs, project, target)
    console.print(os.path.relpath(written), soft_wrap=True)


def outcomes(
    deployment: Deployment,
    names: Sequence[str] | None = None,
    timeout: float = 0,
    tell: Callable[[str], None] = lambda _: None,
    *,
    newest: int = 0,
) -> list[Result]:
    """Return the results of training jobs; by default, of the stack's own.

    Args:
        deployment: The stack.
        names: SageMaker's names of jobs, or their names in the stack file; None means all jobs of
            the stack's outputs.
        timeout: Maximum time to wait for jobs that still run, in seconds.
        tell: Function that is called with a line of text when a job changes its status.
        newest: Number of the account's newest jobs to add, whoever started them.

    Raises:
        StackError: The stack is not deployed, or has no job with one of the names.
    """
    environment = deployment.environment
    outputs = deployed(deployment)
    lifecycle.start(environment, progress=messages.print)
    name = settings().training_jobs_output
    own = outputs[name].value if name in outputs else {}
    where = region(environment.stack) or ""
    wanted = [*own.values()] if names is None else [own.get(name, name) for name in names]
    if newest:
        wanted += sorted(set(newest_jobs(environment, where, newest)) - set(wanted))
    try:
        return await_jobs(environment, where, wanted, timeout, tell)
    except ClientError as error:
        known = ", ".join(own.values()) or "none"
        raise StackError(
            f"{', '.join(wanted)}: {error.response['Error']['Message']} The stack's own training "
            f"jobs are: {known}; `aws sagemaker list-training-jobs` tells of all"
        ) from error


COMMANDS = (output, logs, results, report)
