"""Program that becomes another one, for which some directories are read-only mounts.

    python read_only.py READ_ONLY:... WRITABLE:... -- COMMAND ...

The directories are mounted over themselves in a mount namespace of the program's own; other
programs do not see it. A writable one that ends in /* stands for the directories that are there as
the program starts. Linux lets any user do that, unless the machine's owner has turned it off.
If it cannot be done the program runs all the same, and can write where a container could not.
https://man7.org/linux/man-pages/man7/mount_namespaces.7.html

It is run as a script, before anything of the project is imported: it starts in 20 ms.
"""

from __future__ import annotations

import ctypes
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs as much as all of this
    from collections.abc import Iterable, Iterator

_NEW_MOUNTS, _NEW_USER = 0x00020000, 0x10000000
_READ_ONLY, _REMOUNT, _BIND, _RECURSIVE, _PRIVATE = 1, 32, 4096, 16384, 1 << 18
# Flags that a mount keeps; statvfs and mount have the same numbers, except for the last.
_KEPT = 2 | 4 | 8 | 1024 | 2048
_RELATIVE_TIMES, _RELATIVE_TIMES_OF_STATVFS = 1 << 21, 4096


def main() -> None:
    """Mount the directories, then become the command."""
    read_only, writable, _, *command = sys.argv[1:]
    if sys.platform == "linux":
        try:
            _isolate()
            for folder in _expanded(filter(None, writable.split(":"))):
                _mount(folder, _BIND | _RECURSIVE)  # stays writable inside a read-only one
            for folder in filter(None, read_only.split(":")):
                _mount(folder, _BIND | _RECURSIVE)
                _mount(folder, _BIND | _REMOUNT | _READ_ONLY | _flags(folder))
        except OSError:
            pass
    try:
        os.execvp(command[0], command)
    except OSError as error:
        os.write(2, f"{command[0]}: {error.strerror}\n".encode())
        os._exit(127)


def _expanded(folders: Iterable[str]) -> Iterator[str]:
    for folder in folders:
        if folder.endswith("/*"):
            yield from (one.path for one in os.scandir(folder[:-2]) if one.is_dir())
        else:
            yield folder


def _isolate() -> None:
    """Enter a mount namespace of its own.

    A user who is not root also enters a user namespace, in which they keep their own ids.
    """
    user, group = os.getuid(), os.getgid()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_NEW_MOUNTS):
        _check(libc.unshare(_NEW_MOUNTS | _NEW_USER))
        _write("/proc/self/setgroups", "deny")
        _write("/proc/self/uid_map", f"{user} {user} 1")
        _write("/proc/self/gid_map", f"{group} {group} 1")
    _mount("/", _RECURSIVE | _PRIVATE)


def _mount(folder: str, flags: int) -> None:
    """Mount a directory over itself, or change the flags of its mount."""
    path = folder.encode()
    libc = ctypes.CDLL(None, use_errno=True)
    _check(libc.mount(path, path, None, ctypes.c_ulong(flags), None))


def _flags(folder: str) -> int:
    found = os.statvfs(folder).f_flag
    relative = _RELATIVE_TIMES if found & _RELATIVE_TIMES_OF_STATVFS else 0
    return found & _KEPT | relative


def _write(file: str, text: str) -> None:
    with open(file, "w") as opened:  # noqa: PTH123 - pathlib costs as much as all of this
        opened.write(text)


def _check(result: int) -> None:
    if result:
        raise OSError(ctypes.get_errno(), "not possible here")


if __name__ == "__main__":
    main()
