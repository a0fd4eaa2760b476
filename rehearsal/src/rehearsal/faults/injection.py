"""Put a list of faults into effect for as long as a command runs, and report what it did."""

from __future__ import annotations

import contextlib
import fcntl
import json
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import yaml

from rehearsal import records
from rehearsal.faults import files, seeds
from rehearsal.faults.active import FOLDER, LIST, LOCK
from rehearsal.faults.kinds import Fault, FaultList
from rehearsal.paths import Environment, RehearsalError

_ATTEMPTS, _PAUSE_SECONDS = 20, 0.05  # a process that asks holds the lock for a moment


def chosen(file_or_seed: str) -> FaultList:
    """Return the list of a file, or the list that a seed draws.

    Raises:
        RehearsalError: The file is not there, or is wrong.
    """
    if file_or_seed.isdecimal():
        return seeds.drawn(int(file_or_seed))
    return files.read(Path(file_or_seed))


def written(environment: Environment, faults: FaultList) -> Path:
    """Write a list into the environment's folder, to be given to `--faults` again."""
    file = environment.root / FOLDER / f"seed-{faults.seed}.yaml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(yaml.safe_dump(faults.document(), sort_keys=False))
    return file


@contextlib.contextmanager
def during(environment: Environment, faults: FaultList) -> Iterator[None]:
    """Put a list into effect until the end of the block.

    Raises:
        RehearsalError: Another command injects faults into the same environment.
    """
    folder = environment.root / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / LOCK).open("w") as lock:
        _take(lock.fileno(), environment)
        file, draft = folder / LIST, folder / f"{LIST}.draft"
        draft.write_text(json.dumps(faults.document()))
        draft.replace(file)  # in place of one that a killed command left
        try:
            yield
        finally:
            file.unlink(missing_ok=True)


def _take(descriptor: int, environment: Environment) -> None:
    for _ in range(_ATTEMPTS):
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        time.sleep(_PAUSE_SECONDS)
    raise RehearsalError(
        f"--faults: another command injects faults into the environment of stack "
        f"{environment.stack}. Wait for its end."
    )


def report(environment: Environment, faults: FaultList, since: datetime) -> list[str]:
    """Return a line for each fault that was injected since a time, and each that was not."""
    found = [
        one
        for one in records.read(environment, "fault")
        if datetime.fromisoformat(one.ended) >= since
    ]
    counted = Counter((one.name, one.source) for one in found)
    lines = [f"{kind}: {subject}{_times(count)}" for (kind, subject), count in counted.items()]
    used = {one.detail["entry"] for one in found}
    unused = [one for number, one in enumerate(faults.faults) if number not in used]
    return lines + [f"not injected, because nothing matched: {_words(one)}" for one in unused]


def _times(count: int) -> str:
    return f", {count} times" if count > 1 else ""


def summary(faults: FaultList) -> str:
    """Return the faults of a list in one line."""
    return "; ".join(map(_words, faults.faults))


def _words(fault: Fault) -> str:
    (entry,) = FaultList((fault,)).document()["faults"]
    return ", ".join(
        [fault.kind, *(f"{key} {value}" for key, value in entry.items() if key != "kind")]
    )


def now() -> datetime:
    """Return the time by which a later report selects its records."""
    return datetime.now(UTC)
