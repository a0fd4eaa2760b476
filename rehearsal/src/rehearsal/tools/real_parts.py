"""Build of Pulumi's own provider of Kubernetes, for the check that ours behaves as it does.

    python -m rehearsal.tools.real_parts       (which `make test-real-parts` runs)

The program is linked into the directory of binaries, where the engine finds it as a plugin of the
PATH if `REHEARSAL_PLUGINS` leaves the provider to it. Its module cannot be that of the cluster:
the two need different versions of Kubernetes' packages.
"""

from __future__ import annotations

import sys

from rich.console import Console

from rehearsal.tools.build import HERE, Tool, ToolError, build, link

PLUGIN = "pulumi-resource-kubernetes"
_VERSION = "v4.0.0-20260115033456-f47bc2d6f199"
_MODULE = "github.com/pulumi/pulumi-kubernetes/provider/v4"

PROVIDER = Tool(
    name=PLUGIN,
    module=HERE / "kubernetes_provider",
    package=".",
    variables={f"{_MODULE}/pkg/version.Version": _VERSION},
    minutes=5,
    dependency=_MODULE,
    embedded=(f"cmd/{PLUGIN}/schema.json", f"cmd/{PLUGIN}/terraform-mapping.json"),
)


EMPTY_FIELDS = Tool(
    name="kubernetes-empty-fields",
    module=PROVIDER.module,
    package="./emptyfields",
    variables={},
)
"""Program that prints the table of the fields that the provider takes out if they are empty."""


def main() -> int:
    """Run the command and return its exit status."""
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    try:
        for tool in (PROVIDER, EMPTY_FIELDS):
            link(build(tool, console), tool.name)
    except ToolError as error:
        console.print(f"error: {error}", style="red")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
