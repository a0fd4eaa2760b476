"""The commands of hierarchical storage management: what a file's state is, and to change it."""

from __future__ import annotations

import errno
import os
import stat
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from rehearsal.file_systems import queue, releasing
from rehearsal.file_systems.links import Link, exporter
from rehearsal.file_systems.stamps import State
from rehearsal.file_systems.store import Store

_ARCHIVE_ID = 1
_WORDS = {
    State.RELEASED: "released",
    State.EXISTS: "exists",
    State.DIRTY: "dirty",
    State.ARCHIVED: "archived",
}


class UsageError(Exception):
    """The command line is not one of the command's."""


def state(name: str, arguments: Sequence[str]) -> int:
    """Prints each file's flags."""
    return _each(arguments, f"lfs {name}: get HSM state for", _print_state)


def action(name: str, arguments: Sequence[str]) -> int:
    """Prints what is being done with each file."""
    return _each(arguments, f"lfs {name}: get hsm action for", _print_action)


def restore(name: str, arguments: Sequence[str]) -> int:
    """Asks for the bytes of files, which come later."""

    def ask(store: Store, paths: Sequence[str]) -> None:
        wanted = []
        try:
            for path in paths:
                found = _state(store, path)
                if found & State.DIRTY:
                    raise _error(errno.EPERM)
                wanted += [path] if found & State.RELEASED else []
        finally:  # those before the one that is refused are restored all the same
            queue.ask(store, queue.RESTORE, wanted)

    return _request(name, arguments, ask)


def archive(name: str, arguments: Sequence[str]) -> int:
    """Asks for files to be exported, which is done later."""

    def ask(store: Store, paths: Sequence[str]) -> None:
        links = [Link.tell(told) for told in store.index.fact("links")]
        wanted = []
        for path in paths:
            found = _state(store, path)
            if found & State.DIRTY or not found & State.ARCHIVED:
                if exporter(links, path) is None:
                    raise _error(errno.EAGAIN)  # no coordinator serves a path without a link
                wanted.append(path)
        queue.ask(store, queue.ARCHIVE, wanted)

    return _request(name, arguments, ask)


def release(name: str, arguments: Sequence[str]) -> int:
    """Lets go of the bytes of files."""

    def ask(store: Store, paths: Sequence[str]) -> None:
        for path in paths:
            releasing.release(store, path)

    return _request(name, arguments, ask)


def _each(arguments: Sequence[str], failed: str, show: Callable[[str, Store, str], None]) -> int:
    """Shows something of each file; the first error is the exit status, and the rest is shown."""
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
    """Sends a request for some files of one file system, or none if one of them can't be named."""
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
    """The files that a request names, and those in its list."""
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
    """The file system that a file is on, and its path there.

    Raises:
        OSError: It is not there (ENOENT), or not on Lustre (ENOTTY).
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
