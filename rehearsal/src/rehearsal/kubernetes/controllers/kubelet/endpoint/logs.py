"""Part of a container's log that `kubectl logs` asks for."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from rehearsal.kubernetes.controllers.kubelet.log_index import LogIndex

_FOLLOW_SECONDS = 0.2
_CHUNK = 64 * 1024


class NoPreviousError(Exception):
    """The container was not restarted, so it has no previous log."""


@dataclass(frozen=True)
class LogOptions:
    """Options of a request for a log, as in the API's PodLogOptions."""

    follow: bool = False
    previous: bool = False
    timestamps: bool = False
    tail_lines: int | None = None
    limit_bytes: int | None = None
    since: float | None = None
    """Time in seconds since the epoch."""

    @classmethod
    def of(cls, query: Mapping[str, str]) -> LogOptions:
        """Return the options in the query of a request to a kubelet."""
        since = None
        if "sinceSeconds" in query:
            since = time.time() - int(query["sinceSeconds"])
        elif "sinceTime" in query:
            since = datetime.fromisoformat(query["sinceTime"]).timestamp()
        return cls(
            query.get("follow") == "true",
            query.get("previous") == "true",
            query.get("timestamps") == "true",
            int(query["tailLines"]) if "tailLines" in query else None,
            int(query["limitBytes"]) if "limitBytes" in query else None,
            since,
        )


async def text(log: Path, options: LogOptions, runs: Callable[[], bool]) -> AsyncIterator[bytes]:
    """Yield the part of a log that is asked for.

    Args:
        log: Log file of the container.
        options: Options of the request.
        runs: Function that returns True while the container may write more.

    Raises:
        NoPreviousError: The previous log is asked for, and there is none.
    """
    begin, end = _span(log, options)
    left = options.limit_bytes
    with log.open("rb") as file:
        file.seek(begin)
        chunks = _chunks(file, end, lambda: options.follow and runs())
        async for chunk in _stamped(chunks, log, begin) if options.timestamps else chunks:
            yield chunk[:left]
            left = None if left is None else left - len(chunk)
            if left is not None and left <= 0:
                return


def _span(log: Path, options: LogOptions) -> tuple[int, int | None]:
    """Return the offsets of the first byte asked for, and of the end if it is known."""
    index = LogIndex.of(log)
    begin, end = index.starts[-1].offset if index.starts else 0, None
    if options.previous:
        if len(index.starts) < 2 or not index.starts[-1].restarts:
            raise NoPreviousError
        begin, end = index.starts[-2].offset, begin
    if options.since is None and options.tail_lines is None:
        return begin, end
    with log.open("rb") as file:
        if options.since is not None:
            begin = max(begin, _line_start(file, index.written_since(options.since)))
        if options.tail_lines is not None:
            begin = max(begin, _tail(file, options.tail_lines, end))
    return begin, end


def _line_start(file: BinaryIO, offset: int) -> int:
    """Return the offset at which the line around an offset begins."""
    file.seek(0)
    return file.read(offset).rfind(b"\n") + 1


def _tail(file: BinaryIO, lines: int, end: int | None) -> int:
    """Return the offset at which the last `lines` lines of a file begin."""
    file.seek(0)
    content = file.read(-1 if end is None else end)
    begin = len(content)
    for _ in range(lines + (not content.endswith(b"\n"))):
        found = content.rfind(b"\n", 0, max(0, begin - 1))
        begin = found + 1
        if found < 0:
            return 0
    return begin if lines else len(content)


async def _chunks(
    file: BinaryIO, end: int | None, follow: Callable[[], bool]
) -> AsyncIterator[bytes]:
    while True:
        more = follow()  # asked first, so that nothing written before its end is missed
        while chunk := file.read(_CHUNK if end is None else min(_CHUNK, end - file.tell())):
            yield chunk
        if not more or end is not None:
            return
        await asyncio.sleep(_FOLLOW_SECONDS)


async def _stamped(chunks: AsyncIterator[bytes], log: Path, offset: int) -> AsyncIterator[bytes]:
    """Yield whole lines, each after the time at which it was seen in the log."""
    line_part = b""
    async for chunk in chunks:
        index = LogIndex.of(log)
        *lines, line_part = (line_part + chunk).split(b"\n")
        stamped = []
        for line in lines:
            offset += len(line) + 1
            stamped.append(_stamp(index.time_of(offset)) + line + b"\n")
        yield b"".join(stamped)
    if line_part:
        yield _stamp(LogIndex.of(log).time_of(offset + len(line_part))) + line_part


def _stamp(seconds: float) -> bytes:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ ").encode()
