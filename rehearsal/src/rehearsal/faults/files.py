"""Lists of faults as YAML files.

seed: 7                     # draws where an entry has a probability; 0 by default
faults:
- {kind: throttling, service: ec2, call: Create*, probability: 0.2}
- {kind: lost-response, service: iam, call: CreateRole, nth: 3}
- {kind: file-system, service: fsx, state: FAILED}
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from rehearsal.faults.kinds import KINDS, STATES, FaultList, Key, Kind, parsed
from rehearsal.faults.quotas import QUOTAS
from rehearsal.paths import RehearsalError


@dataclass(frozen=True)
class _Error:
    key: str
    rule: str
    got: Any
    remedy: str

    def __str__(self) -> str:
        return (
            f"{self.key}\n   rule:   {self.rule}\n   got:    {self.got!r}\n   remedy: {self.remedy}"
        )


def read(file: Path) -> FaultList:
    """Return the list in a file.

    Raises:
        RehearsalError: The file cannot be read, or entries of it are wrong; the text has all of
            their errors.
    """
    try:
        content = yaml.safe_load(file.read_text())
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise RehearsalError(
            f"--faults: {file} is not a list of faults that can be read: {error}. Give a YAML "
            "file, or an integer, the seed of a list to draw."
        ) from error
    if errors := list(_errors(content)):
        numbered = "\n".join(f"{number}. {error}" for number, error in enumerate(errors, 1))
        raise RehearsalError(f"--faults: {file} has {len(errors)} errors.\n{numbered}")
    return parsed(content)


def _errors(content: Any) -> Iterator[_Error]:
    if not isinstance(content, dict) or not isinstance(content.get("faults"), list):
        rule = "the file must have a list `faults`"
        yield _Error("faults", rule, content, "write `faults:`, and an entry a line below it")
        return
    seed = content.get("seed", 0)
    if not isinstance(seed, int) or isinstance(seed, bool):
        yield _Error("seed", "must be an integer", seed, "set 0, or leave it out")
    for key in content.keys() - {"seed", "faults"}:
        yield _unknown(str(key), key, ["seed", "faults"])
    for number, entry in enumerate(content["faults"]):
        yield from _errors_of_entry(f"faults[{number}]", entry)


def _errors_of_entry(where: str, entry: Any) -> Iterator[_Error]:
    kind = entry.get("kind") if isinstance(entry, dict) else None
    if not isinstance(kind, str) or kind not in KINDS:
        rule = f"must have a kind, one of {', '.join(KINDS)}"
        near = difflib.get_close_matches(str(kind), KINDS, 1)
        yield _Error(f"{where}.kind", rule, kind, f"set {near[0] if near else 'throttling'}")
        return
    errors = list(_errors_of_keys(where, KINDS[kind], entry))
    yield from errors or _errors_between_keys(where, entry)


def _errors_of_keys(where: str, kind: Kind, entry: Mapping[str, Any]) -> Iterator[_Error]:
    for key in kind.required:
        if key not in entry:
            remedy = _remedy(kind.keys[key])
            yield _Error(f"{where}.{key}", f"{entry['kind']} requires it", None, remedy)
    for key, value in entry.items():
        if key == "kind":
            continue
        declared = kind.keys.get(key)
        if declared is None:
            yield _unknown(f"{where}.{key}", key, list(kind.keys))
        elif not declared.allows(value):
            yield _Error(f"{where}.{key}", declared.rule, value, _remedy(declared))


def _errors_between_keys(where: str, entry: Mapping[str, Any]) -> Iterator[_Error]:
    """Yield the errors of values that are right by themselves and do not fit together."""
    if "probability" in entry and "nth" in entry:
        rule = "nth counts matches, and a probability draws them: an entry has one of the two"
        yield _Error(f"{where}.nth", rule, entry["nth"], "remove nth")
    service = entry.get("service")
    if entry["kind"] == "file-system" and entry["state"] not in (states := STATES[service or ""]):
        rule = f"a file system of {service} can end as {', '.join(states)}"
        yield _Error(f"{where}.state", rule, entry["state"], f"set {states[0]}")
    if entry["kind"] != "quota":
        return
    if service not in QUOTAS:
        rule = f"quotas are known of {', '.join(QUOTAS)}"
        yield _Error(f"{where}.service", rule, service, "set ec2")
    elif entry["call"] not in (calls := list(QUOTAS[service])):
        rule = f"quotas of {service} are known of {', '.join(calls)}"
        yield _Error(f"{where}.call", rule, entry["call"], f"set {calls[0]}")


def _remedy(rule: Key) -> str:
    return f"set {rule.example}"


def _unknown(where: str, key: Any, known: list[str]) -> _Error:
    near = difflib.get_close_matches(str(key), known, 1)
    remedy = f"write {near[0]}" if near else "remove it"
    return _Error(where, f"must be one of {', '.join(known)}", key, remedy)
