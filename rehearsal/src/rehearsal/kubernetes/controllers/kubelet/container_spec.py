"""Run spec of a container on this machine: its command, variables, directories and probes."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

from rehearsal.kubernetes.controllers.kube import Kube, Object
from rehearsal.kubernetes.controllers.kubelet import env_vars, images, probes, read_only, volumes
from rehearsal.kubernetes.controllers.kubelet.containers import GRACE_SECONDS, RunSpec
from rehearsal.kubernetes.controllers.kubelet.network import Network
from rehearsal.kubernetes.controllers.kubelet.progress import Container
from rehearsal.kubernetes.controllers.kubelet.volume_sources import VolumeSources
from rehearsal.kubernetes.controllers.kubelet.volumes import Mount

TEMPORARY = "/tmp"
MESSAGE_PATH = "/dev/termination-log"


class RunSpecBuilder(NamedTuple):
    """Builder of the run specs of one pod's containers."""

    kube: Kube
    pod: Object
    place: VolumeSources
    network: Network
    base: dict[str, str]

    def plan(self, container: Container, log_folder: Path) -> RunSpec:
        """Return the run spec of a container.

        Raises:
            MountError: A volume cannot be mounted.
            ConfigError: A variable or a probe refers to something that is missing.
        """
        spec = spec_of(self.pod, container)
        folder = self.place.folder / "containers" / container.name
        own = env_vars.variables(self.kube, self.pod, spec)
        mounts = volumes.mounts(self.place, self.pod, spec, own)
        message = Mount(spec.get("terminationMessagePath", MESSAGE_PATH), folder / "message")
        here = self._translation([*mounts, message], own)
        variables = self.base | _temporary(mounts) | {name: here(own[name]) for name in own}
        command = _command(images.command_line(spec) or [], here)
        launcher = _launcher(mounts)
        ask = probes.run_by(variables, folder, lambda words: _inside(spec, words, here))
        return RunSpec(
            container,
            [*launcher, *command],
            variables,
            folder,
            log_folder / f"{container.name}.log",
            _restart(self.pod, container),
            probes.of(spec, self.network.own.local, ask),
            message.folder,
            spec.get("terminationMessagePolicy") == "FallbackToLogsOnError",
            grace(self.pod),
            lambda words: _inside(spec, words, here),
            launcher,
            partial(volumes.shown, known=mounts),
        )

    def _translation(self, mounts: list[Mount], own: dict[str, str]) -> Callable[[str], str]:
        """Return the function that translates the container's words into words of this machine."""
        context = self.pod["spec"].get("securityContext") or {}
        known = f"{context.get('runAsUser')}:{context.get('runAsGroup')}"

        def here(word: str) -> str:
            word = env_vars.expand(word, own)
            if word == known:  # the pod's user is the one who runs the rehearsal
                return f"{os.getuid()}:{os.getgid()}"
            return self.network.rewrite(volumes.rewrite(word, mounts))

        return here


def grace(pod: Object) -> float:
    """Return the seconds between SIGTERM and SIGKILL for a pod's containers; 30 by default."""
    return float(pod["spec"].get("terminationGracePeriodSeconds", GRACE_SECONDS))


def spec_of(pod: Object, container: Container) -> Object:
    """Return the spec of a container within the pod's spec."""
    field = "initContainers" if container.init else "containers"
    found: Object = next(one for one in pod["spec"][field] if one["name"] == container.name)
    return found


def _command(words: Sequence[str], here: Callable[[str], str]) -> list[str]:
    """Translate a command line, except its program, which is a program of this machine already."""
    return [*words[:1], *map(here, words[1:])]


def _launcher(mounts: Sequence[Mount]) -> list[str]:
    """Return the words before a command line whose program cannot write to read-only mounts."""
    sealed = [one.folder for one in mounts if one.read_only]
    writable = [one.folder for one in mounts if not one.read_only]
    # As they are when the program starts: an init container may make one.
    writable += [one.folder / "*" for one in mounts if one.writable_below]
    if not sealed:
        return []
    program = [sys.executable, "-I", "-S", str(Path(read_only.__file__))]
    return [*program, _joined(sealed), _joined(writable), "--"]


def _joined(folders: Sequence[Path]) -> str:
    return ":".join(map(str, folders))


def _inside(spec: Object, words: Sequence[str], here: Callable[[str], str]) -> list[str]:
    """Translate a command line that is run beside the container's own process."""
    line = images.command_line({**spec, "command": list(words), "args": []})
    return _command(line or words, here)


def _temporary(mounts: list[Mount]) -> dict[str, str]:
    """Return TMPDIR if the container's temporary directory is a volume."""
    folder = next((mount.folder for mount in mounts if mount.path == TEMPORARY), None)
    return {"TMPDIR": str(folder)} if folder else {}


def _restart(pod: Object, container: Container) -> str:
    if container.sidecar:
        return "Always"
    policy: str = pod["spec"].get("restartPolicy", "Always")
    # An init container that has succeeded is not run again.
    return "OnFailure" if container.init and policy == "Always" else policy
