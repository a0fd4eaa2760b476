"""Subcommands for hierarchical storage management: show and change the state of files."""

from __future__ import annotations

import errno
import os
import stat
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from rehearsal.file_systems import queue, releasing
from rehearsal.file_systems.links import Link, exporter
from rehearsal.file_systems.mtimes import State
from rehearsal.file_systems.store import Store

_ARCHIVE_ID = 1
_WORDS = {
    State.RELEASED: "released",
    State.EXISTS: "exists",
    State.DIRTY: "dirty",
    State.ARCHIVED: "archived",
}


class UsageError(Exception):
    """The command line is not valid."""


def state(name: str, arguments: Sequence[str]) -> int:
    """Print the flags of each file."""
    return _each(arguments, f"lfs {name}: get HSM state for", _print_state)


def action(name: str, arguments: Sequence[str]) -> int:
    """Print the current action on each file."""
    return _each(arguments, f"lfs {name}: get hsm action for", _print_action)


def restore(name: str, arguments: Sequence[str]) -> int:
    """Request the data of files, which arrives later."""

    def ask(store: Store, paths: Sequence[str]) -> None:
        wanted = []
        try:
            for path in paths:
                found = _state(store, path)
                if found & State.DIRTY:
                    raise _error(errno.EPERM)
                wanted += [path] if found & State.RELEASED else []
        finally:  # the files before the refused one are restored nevertheless
            queue.ask(store, queue.RESTORE, wanted)

    return _request(name, arguments, ask)


def archive(name: str, arguments: Sequence[str]) -> int:
    """Request the export of files, which happens later."""

    def ask(store: Store, paths: Sequence[str]) -> None:
        links = [Link.from_json(told) for told in store.index.fact("links")]
        wanted = []
        for path in paths:
            found = _state(store, path)
            if found & State.DIRTY or not found & State.ARCHIVED:
                if exporter(links, path) is None:
                    raise _error(errno.EAGAIN)  # no HSM coordinator serves a path without a link
                wanted.append(path)
        queue.ask(store, queue.ARCHIVE, wanted)

    return _request(name, arguments, ask)


def release(name: str, arguments: Sequence[str]) -> int:
    """Drop the data of files."""

    def ask(store: Store, paths: Sequence[str]) -> None:
        for path in paths:
            releasing.release(store, path)

    return _request(name, arguments, ask)


def _each(arguments: Sequence[str], failed: str, show: Callable[[str, Store, str], None]) -> int:
    """Show each file, and continue after an error; return the first error as the exit status."""
    if not arguments:
        raise UsageError
    status = 0
    for given in arguments:
        try:
            show(given, *located(Path(given)))
        except OSError as error:
            print(f"{failed} '{given}' failed: {error.strerror}", file=sys.stderr, flush=True)
            status = status or error.errno or 1
    return status


def _print_state(given: str, store: Store, path: str) -> None:
    found = _state(store, path)
    words = [f"{given}: (0x{found:08x})", *(word for flag, word in _WORDS.items() if found & flag)]
    print(" ".join(words), end=f", archive_id:{_ARCHIVE_ID}\n" if found else "\n")


def _print_action(given: str, store: Store, path: str) -> None:
    found = store.index.action(path)
    if found is None:
        print(f"{given}: NOOP")
        return
    name, running = found
    queue.ensure(store)
    if not running:
        print(f"{given}: {name} waiting (from 0 to EOF)")
        return
    try:
        moved = store.draft(path).stat().st_size if name == queue.RESTORE else 0
    except FileNotFoundError:
        moved = 0
    print(f"{given}: {name} running ({moved} bytes moved)")


def _request(
    name: str, arguments: Sequence[str], ask: Callable[[Store, Sequence[str]], None]
) -> int:
    """Send one request for files of one file system; send none if one of the files is not valid."""
    files = _files(name, arguments)
    doing, given = "", ""
    try:
        places = []
        for given in files:
            doing = f"Cannot stat {given}"
            if not stat.S_ISREG(os.lstat(given).st_mode):
                raise UsageError(f'error: "{given}" is not a regular file')
            doing = f"Cannot read FID of {given}"
            places.append(located(Path(given)))
        stores = {store.system_id: store for store, _ in places}
        if len(stores) > 1:
            print(f"All files should be on the same filesystem: {given}", file=sys.stderr)
            return errno.EINVAL
        for store in stores.values():
            doing = f"Cannot send HSM request (use of {files[0]})"
            ask(store, [path for _, path in places])
    except OSError as error:
        print(f"{doing}: {error.strerror}", file=sys.stderr)
        return error.errno or 1
    return 0


def _files(name: str, arguments: Sequence[str]) -> list[str]:
    """Return the files that a request names, including those in its file list."""
    files, rest = [], list(arguments)
    if not rest:
        raise UsageError
    while rest:
        word = rest.pop(0)
        if not word.startswith("-"):
            files.append(word)
        elif word in {"-l", "--filelist"} and rest:
            files += Path(rest.pop(0)).read_text().splitlines()
        elif word in {"-a", "--archive"} and rest and name == "hsm_archive":
            rest.pop(0)  # FSx has one archive
        else:
            raise UsageError(f"lfs: unrecognized option '{word}'")
    return files


def located(path: Path) -> tuple[Store, str]:
    """Return the file system of a file, and its path there.

    Raises:
        OSError: The file does not exist (ENOENT), or is not on Lustre (ENOTTY).
    """
    found = Store.around(path.parent.resolve(strict=True) / path.name)
    path.lstat()
    if found is None:
        raise _error(errno.ENOTTY)
    return found


def _state(store: Store, path: str) -> State:
    entry = store.entry(path)
    return entry.state((store.folder / path).lstat()) if entry else State.NONE


def _error(number: int) -> OSError:
    return OSError(number, os.strerror(number))
