"""Chart of a release: a directory of the program's, a stand-in, or the real one.

Only loopback addresses are called by default: Helm asks a repository on this machine, and the chart
of any other is taken from the stand-ins in `rehearsal/charts`. With REHEARSAL_CHARTS=real Helm asks
the repositories.
"""

from __future__ import annotations

import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from rehearsal.charts import CHARTS_VARIABLE, HERE
from rehearsal.paths import project
from rehearsal.pulumi.providers.server import ProviderError

STAND_INS = HERE

_EXACT_VERSION = re.compile(r"v?\d+\.\d+\.\d+(?:[-+][\w.+-]+)?")
_ON_THIS_MACHINE = re.compile(r"https?://(127\.0\.0\.1|localhost|\[::1\])([:/]|$)")


@dataclass(frozen=True)
class Chart:
    """Chart in the form in which Helm is given it.

    `arguments` follow the command; `version` is that of the release, empty if only Helm knows
    it; `folder` is its directory on this machine, if it has one; `stand_in_for` is the version
    of a stand-in that is used for another version, else empty.
    """

    arguments: list[str]
    version: str
    folder: Path | None = None
    stand_in_for: str = ""

    def staged(self, scratch: Path) -> list[str]:
        """Return the arguments; copy a stand-in to `scratch` first if its version must differ."""
        if not self.folder or not self.stand_in_for:
            return self.arguments
        copy = scratch / self.folder.name
        shutil.copytree(self.folder, copy)
        description = copy / "Chart.yaml"
        metadata = yaml.safe_load(description.read_text()) | {"version": self.version}
        description.write_text(yaml.safe_dump(metadata))
        return [str(copy)]


def resolve(inputs: dict[str, Any]) -> Chart:
    """Return the chart that a Release's inputs name.

    Raises:
        ProviderError: There is none; the text has both remedies.
    """
    name = str(inputs.get("chart") or "").strip()
    asked = str(inputs.get("version") or "").strip()
    repository = (inputs.get("repositoryOpts") or {}).get("repo")
    if os.environ.get(CHARTS_VARIABLE) == "real" or _ON_THIS_MACHINE.match(repository or ""):
        return _real(inputs, name, asked)
    if not repository and not name.startswith("oci://"):
        local = project() / name
        if (local / "Chart.yaml").is_file():
            return Chart([str(local)], _metadata(local)["version"], local)
    return _stand_in(name, asked)


def _stand_in(name: str, asked: str) -> Chart:
    folder = STAND_INS / name.rstrip("/").rpartition("/")[2]
    if not (folder / "Chart.yaml").is_file():
        raise ProviderError(
            f"chart {name!r} has no stand-in: add one in rehearsal/charts/{folder.name}/, or set "
            f"{CHARTS_VARIABLE}=real where the chart's repository can be reached"
        )
    own = str(_metadata(folder)["version"])
    if not _EXACT_VERSION.fullmatch(asked) or asked == own:
        return Chart([str(folder)], own, folder)
    return Chart([str(folder)], asked, folder, stand_in_for=own)


def _real(inputs: dict[str, Any], name: str, asked: str) -> Chart:
    options = inputs.get("repositoryOpts") or {}
    arguments = [name]
    for key, flag in (
        ("repo", "--repo"),
        ("caFile", "--ca-file"),
        ("certFile", "--cert-file"),
        ("keyFile", "--key-file"),
        ("username", "--username"),
        ("password", "--password"),
    ):
        if options.get(key):
            arguments += [flag, str(options[key])]
    for key, flag in (("verify", "--verify"), ("devel", "--devel")):
        if inputs.get(key):
            arguments.append(flag)
    if inputs.get("keyring"):
        arguments += ["--keyring", str(inputs["keyring"])]
    if asked:
        arguments += ["--version", asked]
    return Chart(arguments, asked if _EXACT_VERSION.fullmatch(asked) else "")


def _metadata(folder: Path) -> dict[str, Any]:
    metadata = yaml.safe_load((folder / "Chart.yaml").read_text())
    if metadata.get("type") == "library":
        raise ProviderError(f"chart {folder.name!r}: library charts are not installable")
    return dict(metadata)
