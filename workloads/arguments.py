"""Command-line parser and argument types of all commands."""

from __future__ import annotations

import argparse
import os
from typing import Any, NoReturn


class Parser(argparse.ArgumentParser):
    """Parser that ends with the exit code for usage errors, after which a Job is not retried.

    The help of a command is the docstring of its module. argparse creates the parsers of
    subcommands from this class, without a docstring.
    """

    def __init__(self, module: str = "", documentation: str | None = None, **options: Any) -> None:
        options.setdefault("prog", f"python -m workloads.{module}")
        options.setdefault("formatter_class", argparse.RawDescriptionHelpFormatter)
        super().__init__(description=documentation, **options)

    def error(self, message: str) -> NoReturn:
        """Print the usage and the error, and exit."""
        self.print_usage()
        self.exit(os.EX_USAGE, f"error: {message}\n")


def positive_int(text: str) -> int:
    """Parse a whole number of at least 1, for argparse.

    Raises:
        ArgumentTypeError: The number is smaller.
    """
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text} is not at least 1")
    return value


def non_negative_int(text: str) -> int:
    """Parse a whole number of at least 0, for argparse.

    Raises:
        ArgumentTypeError: The number is smaller.
    """
    value = int(text)
    if value < 0:
        raise argparse.ArgumentTypeError(f"{text} is below 0")
    return value


def seconds(text: str) -> float:
    """Parse a number of seconds of at least 0, for argparse.

    Raises:
        ArgumentTypeError: The number is negative or not finite.
    """
    value = float(text)
    if not 0 <= value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is not a number of seconds")
    return value


def add_workers_option(parser: argparse.ArgumentParser, default: int = 8) -> None:
    """Add the option --workers, the number of files that are processed in parallel."""
    parser.add_argument(
        "--workers",
        type=positive_int,
        default=default,
        metavar="N",
        help="files at once (%(default)s)",
    )
