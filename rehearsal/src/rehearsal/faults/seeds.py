"""The list of faults that a seed draws: the same seed draws the same list.

Passing faults are those that a program should survive; a lasting one ends most updates, and half of
the seeds draw one.
"""

from __future__ import annotations

import random
from collections.abc import Callable

from rehearsal.faults.kinds import ISSUES, STATES, Fault, FaultList
from rehearsal.faults.quotas import QUOTAS

_SERVICES = ("ec2", "efs", "eks", "fsx", "iam", "s3", "*")
_CREATED = (
    *(("ec2", "CreateVpc"), ("ec2", "CreateSubnet"), ("ec2", "CreateNatGateway")),
    *(("efs", "CreateFileSystem"), ("fsx", "CreateFileSystem"), ("eks", "CreateNodegroup")),
    *(("eks", "CreateCluster"), ("iam", "CreateRole"), ("s3", "CreateBucket")),
)
"""Calls whose lost response shows whether a creation is known by a token or a name."""

Draw = Callable[[random.Random], Fault]


def _throttling(numbers: random.Random) -> Fault:
    share = round(numbers.uniform(0.05, 0.3), 2)
    return Fault("throttling", service=numbers.choice(_SERVICES), probability=share)


def _server_error(numbers: random.Random) -> Fault:
    share = round(numbers.uniform(0.02, 0.15), 2)
    status = numbers.choice((500, 503))
    return Fault(
        "server-error", service=numbers.choice(_SERVICES), probability=share, status=status
    )


def _lost_response(numbers: random.Random) -> Fault:
    service, call = numbers.choice(_CREATED)
    return Fault("lost-response", service=service, call=call)


def _slow(kind: str, low: int, high: int) -> Draw:
    return lambda numbers: Fault(kind, seconds=float(numbers.randint(low, high)))


def _file_system(numbers: random.Random) -> Fault:
    service = numbers.choice(list(STATES))
    return Fault("file-system", service=service, state=numbers.choice(STATES[service]))


def _node_group(numbers: random.Random) -> Fault:
    state = numbers.choice(("CREATE_FAILED", "DEGRADED"))
    return Fault("node-group", state=state, issue=numbers.choice(list(ISSUES)))


def _quota(numbers: random.Random) -> Fault:
    service = numbers.choice(list(QUOTAS))
    return Fault("quota", service=service, call=numbers.choice(list(QUOTAS[service])))


def _expired_credentials(numbers: random.Random) -> Fault:
    return Fault("expired-credentials", nth=numbers.randint(50, 400))


PASSING: tuple[Draw, ...] = (
    _throttling,
    _server_error,
    _lost_response,
    _slow("slow-iam", 2, 10),
    _slow("late-import", 10, 60),
    _slow("slow-mount", 5, 20),
    _slow("eviction", 1, 5),
    _slow("spot-interruption", 1, 10),
    _slow("training-interruption", 1, 5),
)
LASTING: tuple[Draw, ...] = (_file_system, _node_group, _quota, _expired_credentials)


def drawn(seed: int) -> FaultList:
    """Return the list that a seed draws."""
    numbers = random.Random(seed)
    chosen = numbers.sample(PASSING, numbers.randint(2, 5))
    if numbers.random() < 0.5:
        chosen.append(numbers.choice(LASTING))
    return FaultList(tuple(draw(numbers) for draw in chosen), seed)
