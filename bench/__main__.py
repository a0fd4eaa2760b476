"""Run the benchmark and print its tables."""

from __future__ import annotations

import argparse
import statistics
import tempfile
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench import deploy, floor, listing, program
from bench import tables as csv_tables

RUNS = 5
SIZES = (10, 100, 500)
ACCOUNT_SIZES = (20, 500)
ROWS = (250_000, 1_000_000)
OBJECTS = (100_000, 1_000_000, 10_000_000)
console = Console(highlight=False)


def program_against_floor() -> None:
    """Print the program's CPU time and its ratio to that of importing the same SDK modules."""
    config = program.config_of("prod")
    with tempfile.TemporaryDirectory() as scratch:
        modules = floor.of_the_sdks(program.imported_modules(config, Path(scratch)))
    pairs = [(program.run(config).cpu_seconds, floor.importing(modules)) for _ in range(RUNS)]
    table = Table("", "CPU s", "over the floor", title=f"The program, median of {RUNS} runs")
    for name, seconds in (
        (f"floor: {len(modules)} SDK modules imported", statistics.median(one[1] for one in pairs)),
        ("program: prod", statistics.median(one[0] for one in pairs)),
    ):
        ratio = statistics.median(one[0] / one[1] for one in pairs) if "program" in name else 1
        table.add_row(name, f"{seconds:.2f}", f"{ratio:.2f}")
    console.print(table)


def growth_of_the_program() -> None:
    """Print the program's CPU time by the number of training jobs."""
    table = Table("training jobs", "resources", "CPU s", "ms per added job")
    table.title = "The program's growth"
    before: tuple[int, float] | None = None
    for size in SIZES:
        runs = [program.run(program.config_of("prod", size)) for _ in range(3)]
        seconds = statistics.median(one.cpu_seconds for one in runs)
        added = 1000 * (seconds - before[1]) / (size - before[0]) if before else None
        table.add_row(
            str(size), str(runs[0].resources), f"{seconds:.2f}", f"{added:.1f}" if added else ""
        )
        before = (size, seconds)
    console.print(table)


def whole_deployments() -> None:
    """Print the time, the waits, and each part's CPU time and memory for operations on prod."""
    operations = deploy.life_of_a_stack()
    parts = sorted({part for one in operations for part in one.parts})
    table = Table("", *(one.name for one in operations))
    table.title = "prod: CPU s / MiB (PSS, when all together use most) by part"
    table.add_row("wall s", *(f"{one.seconds:.1f}" for one in operations), style="bold")
    table.add_row("no process runs, s", *(f"{one.waits:.1f}" for one in operations), style="bold")
    table.add_row("  of the wall time", *(f"{one.waits / one.seconds:.0%}" for one in operations))
    for part in parts:
        cells = [one.parts.get(part) for one in operations]
        table.add_row(part, *(f"{one.seconds:.1f} / {one.mib:.0f}" if one else "" for one in cells))
    table.add_row(
        "all", *(f"{one.cpu(''):.1f} / {one.mib:.0f}" for one in operations), style="bold"
    )
    table.add_row("all else on the machine", *(f"{one.others:.1f}" for one in operations))
    console.print(table)


def growth_of_a_deployment() -> None:
    """Print the wall time of an up and the providers' CPU time by the number of training jobs."""
    table = Table("training jobs", "wall s", "providers CPU s", "ms per added job")
    table.title = "An up of prod, growing"
    before: tuple[int, float] | None = None
    for size in SIZES:
        up = deploy.up_with(size)
        seconds = up.cpu("provider")
        added = 1000 * (seconds - before[1]) / (size - before[0]) if before else None
        cells = (str(size), f"{up.seconds:.1f}", f"{seconds:.1f}", f"{added:.1f}" if added else "")
        table.add_row(*cells)
        before = (size, seconds)
    console.print(table)


def tables() -> None:
    """Print the wall time, CPU time and peak memory of preparing a CSV file, by its rows."""
    table = Table("rows", "file MB", "wall s", "CPU s", "peak MiB")
    table.title = f"workloads.dataset csv, {csv_tables.COLUMNS} columns"
    for rows in ROWS:
        run = csv_tables.prepare(rows)
        figures = (run.megabytes, run.seconds, run.cpu_seconds, run.peak_mib)
        table.add_row(f"{rows:,}", *(f"{figure:.0f}" for figure in figures))
    console.print(table)


def saves() -> None:
    """Print the CPU time of calls of the emulated AWS with saving, and its ratio to that without.

    An `up` of prod makes about 110 calls that are saved.
    """
    from bench import account  # noqa: PLC0415 - its memory would count with a deployment's

    table = Table("call", "made before", "CPU ms", "CPU ms, saved", "ratio")
    table.title = "Saving the emulated account with every change"
    for before in ACCOUNT_SIZES:
        for cost in account.costs(before):
            figures = f"{cost.unsaved:.2f}", f"{cost.saved:.2f}", f"{cost.ratio:.2f}"
            table.add_row(cost.call, str(before), *figures)
    console.print(table)


def listings() -> None:
    """Print time and memory of the listing of a prefix, by its objects."""
    table = Table("objects", "requests", "wall s", "CPU s", "peak MiB")
    table.title = "A dataset in S3, listed"
    with listing.server() as url:
        for objects in OBJECTS:
            one = listing.listing(url, objects)
            figures = (one.seconds, one.cpu_seconds, one.mib)
            requests = f"{objects // listing.PAGE:,}"
            table.add_row(f"{objects:,}", requests, *(f"{figure:.0f}" for figure in figures))
    console.print(table)


PARTS = {
    "program": (program_against_floor, growth_of_the_program),
    "deploy": (whole_deployments,),
    "growth": (growth_of_a_deployment,),
    "tables": (tables,),
    "account": (saves,),
    "listing": (listings,),
}


def main() -> None:
    """Run the parts named on the command line, all of them by default."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument(
        "parts", nargs="*", choices=[*PARTS, []], help="parts to run; all of them by default"
    )
    for part in parser.parse_args().parts or PARTS:
        for measure in PARTS[part]:
            measure()


if __name__ == "__main__":
    main()
