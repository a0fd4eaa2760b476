"""Become another program, which the kernel interrupts when its parent dies.

    python tied.py PARENT COMMAND ...

The signal is SIGINT, as of a Ctrl-C, so that the program ends in order. The engine is started so:
a command that is killed would otherwise leave it working on the stack.

This file is run as a script that imports nothing of the project: it starts in 20 ms. Only Linux can
do this; elsewhere the program outlives its parent.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def main() -> None:
    """Ask the kernel for the signal, then become the command."""
    parent, *command = sys.argv[1:]
    # A shell that runs a command in the background lets it ignore SIGINT.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGINT)
    if os.getppid() == int(parent):
        os.execv(command[0], command)


if __name__ == "__main__":
    main()
