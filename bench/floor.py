"""Measure the floor: the import of the SDK modules that the program imports, and nothing else."""

from __future__ import annotations

import subprocess
import sys

from bench.program import children_seconds

SDKS = ("pulumi", "pulumi_aws", "pulumi_eks", "pulumi_kubernetes", "pydantic")


def of_the_sdks(modules: list[str]) -> list[str]:
    """Return the modules that belong to the SDKs, in the order of import."""
    return [name for name in modules if name.split(".")[0] in SDKS]


def importing(modules: list[str]) -> float:
    """Return the CPU time, in seconds, of a process that imports some modules and ends."""
    code = "import importlib, sys\nfor name in sys.argv[1:]: importlib.import_module(name)"
    before = children_seconds()
    subprocess.run([sys.executable, "-c", code, *modules], check=True)
    return children_seconds() - before
