"""Entry point of `lfs`: select the subcommand and set the exit status."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence

from rehearsal.file_systems.lfs import hsm
from rehearsal.file_systems.lfs.getname import getname

_VERSION = "2.15.6"
_USAGE_STATUS = 4
_UNKNOWN_STATUS = 1

Command = Callable[[str, Sequence[str]], int]
COMMANDS: dict[str, Command] = {
    "hsm_state": hsm.state,
    "hsm_action": hsm.action,
    "hsm_restore": hsm.restore,
    "hsm_archive": hsm.archive,
    "hsm_release": hsm.release,
    "getname": getname,
}
USAGE = {
    "hsm_state": "usage: hsm_state FILE",
    "hsm_action": "usage: hsm_action FILE",
    "hsm_restore": "usage: hsm_restore [--filelist FILELIST] FILE",
    "hsm_archive": "usage: hsm_archive [--filelist FILELIST] [--archive NUMBER] FILE",
    "hsm_release": "usage: hsm_release [--filelist FILELIST] FILE",
    "getname": "Usage: getname [--help|-h] [--instance|-i] [--fsname|-n] [PATH ...]",
}


def main(arguments: Sequence[str]) -> int:
    """Run one subcommand; return the exit status, which is an errno as in Lustre."""
    if arguments[:1] == ["hsm"] and len(arguments) > 1:  # `hsm state` is hsm_state
        arguments = [f"hsm_{arguments[1]}", *arguments[2:]]
    name, *rest = arguments or [""]
    if name in {"--version", "version"}:
        print(f"lfs {_VERSION}")
        return 0
    if name in {"--list-commands", "list-commands", "--help", "help"}:
        print("\n".join(sorted(COMMANDS)))
        return 0
    if name not in COMMANDS:
        print(f"lfs: '{name}' is not a valid command. See 'lfs --list-commands'.", file=sys.stderr)
        return _UNKNOWN_STATUS
    try:
        return COMMANDS[name](name, rest)
    except hsm.UsageError as error:
        if error.args:
            print(error, file=sys.stderr)
        print(USAGE[name])
        return _USAGE_STATUS
    except BrokenPipeError:
        os.close(1)
        return 1
