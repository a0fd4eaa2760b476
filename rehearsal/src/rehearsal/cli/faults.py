"""Option `--faults` of the commands that run the engine: faults while they run, and a report."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import click

from rehearsal.cli.shared import environment_of, tell
from rehearsal.faults import injection

option = click.option(
    "--faults",
    metavar="FILE_OR_SEED",
    help="Inject faults of AWS: those of a YAML file, or those that an integer draws.",
)


def take_faults(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the option `--faults`, and inject the faults while it runs."""

    @option
    @functools.wraps(command)
    def run(*, stack: str, faults: str | None, **flags: Any) -> Any:
        if faults is None:
            return command(stack=stack, **flags)
        with injected(stack, faults):
            return command(stack=stack, **flags)

    return run


@contextmanager
def injected(stack: str, file_or_seed: str) -> Iterator[None]:
    """Inject the faults of a file or a seed during a block, and print what was injected.

    Raises:
        RehearsalError: The file is wrong; nothing was started.
    """
    faults = injection.chosen(file_or_seed)
    environment = environment_of(stack)
    replay = file_or_seed
    if file_or_seed.isdecimal():
        replay = os.path.relpath(injection.written(environment, faults))
    tell(f"faults: {injection.summary(faults)}")
    tell(f"        this run can be replayed with --faults {replay}")
    began = injection.now()
    try:
        with injection.during(environment, faults):
            yield
    finally:
        tell("faults injected:")
        for line in injection.report(environment, faults, began) or ["none"]:
            tell(f"    {line}")
