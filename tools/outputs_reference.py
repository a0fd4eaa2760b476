"""The reference of the stack's outputs, docs/outputs.md, made of their declarations.

`python -m tools.outputs_reference` writes it; `--check` fails if it is out of date.
"""

from __future__ import annotations

import sys
import textwrap
from pathlib import Path

from components.outputs import OUTPUTS, Output
from settings.generated import write_or_check

FILE = Path(__file__).parent.parent / "docs" / "outputs.md"
WIDTH = 100

INTRODUCTION = """\
# Outputs

Every output of a stack. `pulumi stack output NAME` prints one, and `pulumi stack output --json` all
of them; in a rehearsal it is `python -m rehearsal output -s STACK`. Names and types are the same
with every storage back end. `make schema` writes this page; do not edit it by hand.
"""


def rendered() -> str:
    """Render the page."""
    contents = [f"- [{one.name}](#{one.name.lower()})" for one in OUTPUTS]
    return "\n".join([INTRODUCTION, *contents, "", "\n".join(_entry(one) for one in OUTPUTS)])


def main(arguments: list[str]) -> int:
    """Write the file, or with --check say whether it is up to date."""
    return write_or_check(FILE, rendered(), "tools.outputs_reference", arguments)


def _entry(output: Output) -> str:
    description = textwrap.fill(output.description, WIDTH, break_on_hyphens=False)
    facts = f"- Type: {output.type}\n- Exists: {output.exists}"
    return f"## {output.name}\n\n{description}\n\n{facts}\n\n```\n{output.example}\n```\n"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
