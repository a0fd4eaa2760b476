"""Steps and states of a stack as the engine reports them, in a form that two stacks can share.

Two deployments differ in what is drawn by lot or read from a clock: ids, ports, keys, times. Each
such text is replaced by a word for its kind, so that all that is left is the program's and the
providers' own.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from tests.stacks.clone import Clone

SIGNATURE = "4dabf18193072939515e22adb298388d"
SECRET = "1b47061264138c4ac30d75fd1eb44270"
Steps = Counter[tuple[str, str]]
"""Operations and the URNs they were done to."""
State = dict[str, dict[str, Any]]
"""Flat values by the URN of their resource, then by their path."""

DRAWN = (
    (re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z"), "TIME"),
    (re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"), "UUID"),
    (re.compile(r"127\.0\.0\.1:\d+"), "ADDRESS"),
    (re.compile(r"(?<=-)[0-9a-f]{7,}(?![0-9a-z])"), "ID"),
    (re.compile(r"LS0tLS1[A-Za-z0-9+/=]+"), "CERTIFICATE"),
    (re.compile(r"\b\d{1,3}(\.\d{1,3}){3}\b"), "IP"),
)
OF_THE_SERVER = {"uid", "resourceVersion", "creationTimestamp", "managedFields", "generation"}
"""Fields of an object's metadata that the API server sets."""


def run(clone: Clone, stack: str, *command: str) -> Steps:
    """Run an operation of plain `pulumi`, and return its steps."""
    log = clone.home / "events.json"
    log.unlink(missing_ok=True)
    flags = ("--stack", stack, "--yes", "--skip-preview", "--non-interactive")
    debugging = ("env", "PULUMI_DEBUG_COMMANDS=true")  # which has the flag of the events
    clone.in_environment(stack, *debugging, "pulumi", *command, *flags, "--event-log", str(log))
    events = (json.loads(line) for line in log.read_text().splitlines())
    found = (one["resourcePreEvent"]["metadata"] for one in events if "resourcePreEvent" in one)
    return Counter((one["op"], steady(one["urn"])) for one in found)


def state(clone: Clone, stack: str) -> State:
    """Return the flat state of the resources of Kubernetes and of its providers."""
    command = ("pulumi", "stack", "export", "--stack", stack, "--show-secrets")
    said = clone.in_environment(stack, *command)
    for name in re.findall(r'"mountName": "([a-z0-9]+)"', said):
        said = said.replace(name, "MOUNTNAME")  # AWS draws one for each FSx for Lustre file system
    resources = json.loads(said)["deployment"].get("resources", [])
    parts = ("id", "inputs", "outputs", "parent", "provider", "additionalSecretOutputs")
    return {
        steady(one["urn"]): dict(flat({part: one.get(part) for part in parts}))
        | {"dependencies": sorted(one.get("dependencies", []))}
        for one in resources
        if one["type"].startswith(("kubernetes:", "pulumi:providers:kubernetes"))
    }


def flat(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the leaves of a tree by their paths; a secret is a leaf around its value."""
    if isinstance(value, Mapping) and value.get(SIGNATURE) == SECRET:
        yield from flat(json.loads(value["plaintext"]), f"{path}[secret]")
    elif isinstance(value, Mapping) and value:
        for key, inner in value.items():
            if key not in OF_THE_SERVER or not path.endswith("metadata"):
                yield from flat(inner, f"{path}.{key}")
    elif isinstance(value, list) and value:
        for index, inner in enumerate(value):
            yield from flat(inner, f"{path}[{index}]")
    else:
        yield path, steady(value) if isinstance(value, str) else value


def steady(text: str) -> str:
    """Return a text without the parts that are drawn by lot or read from a clock."""
    for pattern, word in DRAWN:
        text = pattern.sub(word, text)
    return text


def differences(one: State, two: State) -> list[str]:
    """Return a line for each value that only one state has, or that they do not share."""
    lines = [f"{urn}: only in one of the states" for urn in sorted(one.keys() ^ two.keys())]
    for urn in sorted(one.keys() & two.keys()):
        for path in sorted(one[urn].keys() | two[urn].keys()):
            values = one[urn].get(path, "(none)"), two[urn].get(path, "(none)")
            if values[0] != values[1] or type(values[0]) is not type(values[1]):
                lines.append(f"{urn}{path}: {values[0]!r} and {values[1]!r}")
    return lines
