"""Process of one Pulumi program: connects the SDK to the engine, runs the file, reports a failure.

It runs as a script of its own in the program's interpreter, so it imports nothing of ours.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import runpy
import signal
import sys
import traceback
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

ALREADY_REPORTED = 32
"""Exit status of a program whose failure has been reported to the user already."""


def connect(run: dict[str, Any]) -> None:
    """Point the SDK at the engine and give it the stack's configuration."""
    from pulumi import runtime  # noqa: PLC0415  # the server imports this module's names only

    runtime.set_all_config(run["config"], run["config_secret_keys"])
    names = ("project", "stack", "organization", "root_directory", "monitor", "engine")
    runtime.configure(
        runtime.Settings(
            parallel=run["parallel"], dry_run=run["dry_run"], **{name: run[name] for name in names}
        )
    )


def execute(entry_point: str, parallel: int) -> None:
    """Run the program's file and wait for everything that it registered."""
    from pulumi.runtime.stack import run_in_stack  # noqa: PLC0415

    source = Path(entry_point)
    if source.is_dir():
        source /= "__main__.py"
    sys.path.insert(0, str(source.parent))
    loop = asyncio.new_event_loop()
    # Each registration waits in a thread; with too few of them the engine would idle.
    loop.set_default_executor(ThreadPoolExecutor(max_workers=max(parallel, 1) * 4))

    def program() -> None:
        runpy.run_path(str(source), run_name="__main__")

    try:
        loop.run_until_complete(run_in_stack(program))
    finally:
        for task in asyncio.all_tasks(loop):
            task.cancel()
        loop.run_until_complete(asyncio.sleep(0))
        loop.close()


def main() -> int:
    """Run the program that standard input describes; return the exit status."""
    # The engine answers a Ctrl-C: it cancels the update, and the monitor ends our calls.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Garbage collection took a quarter of a program's time, and there is no garbage among the SDK's
    # classes. With 500 training jobs it took half the time, and saved a tenth of the memory.
    gc.disable()
    run = json.load(sys.stdin)
    connect(run)

    import grpc  # noqa: PLC0415
    import pulumi  # noqa: PLC0415

    try:
        execute(run["entry_point"], run["parallel"])
    except pulumi.RunError as error:
        pulumi.log.error(str(error))
        return ALREADY_REPORTED
    except grpc.RpcError as error:
        if error.code() != grpc.StatusCode.UNAVAILABLE:  # else the engine is closing down
            pulumi.log.error(f"a call to the engine failed: {error.details()}")
        return ALREADY_REPORTED
    except Exception:  # any error that the program raises is shown as its own
        pulumi.log.error(f"the program failed:\n{traceback.format_exc()}")
        return ALREADY_REPORTED
    return 0


if __name__ == "__main__":
    # The SDK's event loop can leave tasks behind whose errors were reported already.
    status = main()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)
