"""Delete what users created in the cluster and wait until it is gone.

The exit code is 0 when nothing remains. It is 65, with one sentence on standard error, when
something needs a decision or was not gone in time.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from teardown.api import Api, ApiError
from teardown.held import Limits, name_of
from teardown.remains import Remainder, Scope, find, retained

FIRST_LOOK_SECONDS, LOOK_SECONDS = 0.25, 2.0
"""Pause between two looks: at first, as what no controller holds is gone at once, and at most."""

FAILED = 65
"""Exit code for a failure that another try would repeat; EX_DATAERR of sysexits.h."""

NAMED = 10
"""Maximum number of objects that one message names."""


class Unfinished(Exception):  # noqa: N818 - an outcome, told to the user
    """Something remains that keeps AWS resources alive."""


def tear_down(
    look: Callable[[], list[Remainder]],
    delete: Callable[[str, str], None],
    deadline: float,
    *,
    now: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Delete what `look` finds, again and again, until it finds nothing.

    Args:
        look: Function that returns what remains.
        delete: Function that deletes an object, given its path and UID.
        deadline: Time, by `now`, after which to give up.
        now: Clock, in seconds.
        sleep: Function that waits for a number of seconds.

    Raises:
        Unfinished: Something remains at the deadline, or the API server does not answer by then.
    """
    said: set[str] = set()
    problem, pause = "", FIRST_LOOK_SECONDS
    while True:
        try:
            remains = look()
            problem = ""
            if not remains:
                return
            for one in remains:
                if str(one) not in said:
                    said.add(str(one))
                    print(f"waiting for {one}", flush=True)
                if one.path and not one.leaving:
                    delete(one.path, one.uid)
        except ApiError as error:
            remains, problem = [], str(error)
        if now() > deadline:
            raise Unfinished(problem or unfinished(remains))
        sleep(pause)
        pause = min(2 * pause, LOOK_SECONDS)


def unfinished(remains: Sequence[Remainder]) -> str:
    """Return the error message that names the objects that were not gone in time."""
    named = "; ".join(map(str, remains[:NAMED]))
    more = f"; and {len(remains) - NAMED} more" if len(remains) > NAMED else ""
    return (
        f"still there, and it holds AWS resources: {named}{more}. See its finalizers and events "
        "with `kubectl describe`, let it go, and run `pulumi destroy` again."
    )


def refuse_retained(api: Api, scope: Scope) -> None:
    """Raise Unfinished if a volume with reclaim policy Retain keeps a file system."""
    kept = retained(api, scope)
    if kept:
        names = ", ".join(map(name_of, kept))
        raise Unfinished(
            f"PersistentVolume {names} keeps its file system (reclaimPolicy Retain), which lies "
            "in a subnet of this stack. To delete it with the stack: `kubectl patch "
            f"persistentvolume {name_of(kept[0])} -p "
            '\'{"spec":{"persistentVolumeReclaimPolicy":"Delete"}}\'`. To keep its data: back it '
            "up, delete the file system and the PersistentVolume. Then run `pulumi destroy` again."
        )


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the teardown with the command line's arguments; return the exit code."""
    parser = argparse.ArgumentParser(prog="teardown", description=__doc__)
    parser.add_argument(
        "--service-account",
        type=Path,
        required=True,
        help="folder with the token and ca.crt of the service account",
    )
    parser.add_argument(
        "--driver",
        action="append",
        required=True,
        help="CSI driver that is being removed; may be repeated",
    )
    parser.add_argument(
        "--since",
        default="",
        help="namespace as old as the stack; load balancers older than it are left alone, and "
        "all of them without this option",
    )
    parser.add_argument(
        "--storage-class",
        action="append",
        default=[],
        help="class whose claims are deleted; may be repeated; without any class or volume, the "
        "claims of all are",
    )
    parser.add_argument(
        "--volume",
        action="append",
        default=[],
        help="volume whose claims are deleted; may be repeated",
    )
    parser.add_argument(
        "--keep-training-jobs", action="store_true", help="leave ACK's objects alone"
    )
    parser.add_argument(
        "--deadline-seconds", type=float, required=True, help="seconds after which to give up"
    )
    parser.add_argument(
        "--message", type=Path, help="file to write the error message to when something remains"
    )
    given = parser.parse_args(arguments)
    api = Api.in_pod(given.service_account)
    limits = Limits(given.storage_class, given.volume)
    scope = Scope(given.driver, given.since, limits, training_jobs=not given.keep_training_jobs)
    try:
        refuse_retained(api, scope)
        tear_down(
            lambda: find(api, scope, datetime.now(UTC)),
            api.delete,
            time.monotonic() + given.deadline_seconds,
        )
    except (Unfinished, ApiError) as error:
        print(f"teardown: {error}", file=sys.stderr, flush=True)
        if given.message:
            given.message.write_text(str(error))
        return FAILED if isinstance(error, Unfinished) else 1
    print("nothing remains")
    return 0


if __name__ == "__main__":
    sys.exit(main())
