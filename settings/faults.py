"""What is wrong with a stack config: every fault at once, in the words of who wrote it."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import pulumi

Path = tuple[str | int, ...]
"""Where a setting is below the project: ("storage", "fsx", "zone"). A name that has a namespace
of its own, such as aws:region, stands alone."""

NOT_SET = object()
SECRET = "[secret]"
PLAIN = re.compile(r"[A-Za-z0-9_-]+")
LONGEST_VALUE = 100


@dataclass(frozen=True)
class Fault:
    """One setting that breaks one rule."""

    path: Path
    rule: str
    """What AWS, Kubernetes or this config asks; never quotes a value of the config."""
    value: object
    """What it got, or NOT_SET."""
    remedy: str
    """What to do about it."""
    rests_on: tuple[Path, ...] = ()
    """Other settings that the judgement rests on: without them it can't be made."""

    def concerns(self, path: Path) -> bool:
        """Whether it is about that setting, a part of it or a whole that has it."""
        return any(overlap(own, path) for own in (self.path, *self.rests_on))


class SettingsError(pulumi.RunError):
    """The faults of a stack config. The engine prints its report, and no traceback."""

    def __init__(
        self,
        faults: Sequence[Fault],
        *,
        project: str,
        stack: str,
        secret_keys: Collection[str] = (),
    ) -> None:
        self.faults = tuple(faults)
        self.project = project
        self._secret_keys = frozenset(secret_keys)
        count = "1 fault" if len(faults) == 1 else f"{len(faults)} faults"
        head = f"The config of stack {stack} has {count}. Nothing was created or changed."
        entries = [f"{n}. {self._entry(fault)}" for n, fault in enumerate(faults, start=1)]
        super().__init__("\n\n".join([head, *entries]) + "\n")

    def _entry(self, fault: Fault) -> str:
        """One fault of the report, without what the config keeps secret."""
        secret = any(config_key(self.project, p[:1]) in self._secret_keys
                     for p in (fault.path, *fault.rests_on))  # fmt: skip
        remedy = "correct it with `pulumi config set --secret`" if secret else fault.remedy
        lines = [
            config_key(self.project, fault.path),
            f"rule:   {fault.rule}",
            f"got:    {SECRET if secret else shown(fault.value)}",
            f"remedy: {remedy}",
        ]
        return "\n     ".join(lines)


def overlap(one: Path, other: Path) -> bool:
    """Whether one setting is the other, or a part of it."""
    shared = min(len(one), len(other))
    return one[:shared] == other[:shared]


def setting(path: Path) -> str:
    """The path as `pulumi config set --path` takes it: storage.fsx.zone, network.zones[0]."""
    first, *rest = path
    return str(first) + "".join(_step(step) for step in rest)


def config_key(project: str, path: Path) -> str:
    """The key as it stands in the stack file, with its namespace."""
    name = setting(path)
    return name if ":" in str(path[0]) else f"{project}:{name}"


def shown(value: object) -> str:
    """A value as it would be written in the config, cut short if long."""
    if value is NOT_SET:
        return "(not set)"
    text = json.dumps(value, default=str, ensure_ascii=False)
    return text if len(text) <= LONGEST_VALUE else text[:LONGEST_VALUE] + "..."


def _step(step: str | int) -> str:
    """One step of a path, after the first."""
    if isinstance(step, int):
        return f"[{step}]"
    return f".{step}" if PLAIN.fullmatch(step) else f'["{step}"]'
