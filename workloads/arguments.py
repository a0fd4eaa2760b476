"""What the command lines of the workloads have in common."""

from __future__ import annotations

import argparse
import os
from typing import Any, NoReturn


class Parser(argparse.ArgumentParser):
    """A parser whose refusal has the exit code of faults.HOPELESS: another try would end the same.

    The docstring of the command's module is its help. Parsers of subcommands are made by argparse,
    with options of its own.
    """

    def __init__(self, module: str = "", documentation: str | None = None, **options: Any) -> None:
        options.setdefault("prog", f"python -m workloads.{module}")
        options.setdefault("formatter_class", argparse.RawDescriptionHelpFormatter)
        super().__init__(description=documentation, **options)

    def error(self, message: str) -> NoReturn:
        """Say how the command is used, and what was wrong with this use."""
        self.print_usage()
        self.exit(os.EX_USAGE, f"error: {message}\n")


def count(text: str) -> int:
    """A whole number of at least one, for argparse."""
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text} is not at least 1")
    return value


def count_or_none(text: str) -> int:
    """A whole number of at least zero, for argparse."""
    value = int(text)
    if value < 0:
        raise argparse.ArgumentTypeError(f"{text} is below 0")
    return value


def seconds(text: str) -> float:
    """A time of at least zero seconds, for argparse."""
    value = float(text)
    if not 0 <= value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is no number of seconds")
    return value


def add_workers(parser: argparse.ArgumentParser, default: int = 8) -> None:
    """Let the user say how many files are worked on at once."""
    parser.add_argument(
        "--workers", type=count, default=default, metavar="N", help="files at once (%(default)s)"
    )
