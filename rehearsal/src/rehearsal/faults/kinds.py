"""Kinds of faults, with the keys that an entry of each kind has.

Patterns are those of a shell: `*` is any text. An entry applies to the matching calls or resources
in their order: to `times` of them from the one numbered `nth`, or to each with a `probability`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

STATES = {"fsx": ("FAILED", "MISCONFIGURED"), "efs": ("error",), "s3files": ("error",)}
"""States of a file system that a fault can cause, by service.

Sources: FSx API Reference, FileSystem, Lifecycle; EFS and S3 Files API References,
LifeCycleState.
"""
ISSUES = {
    "AccessDenied": "Your worker nodes do not have access to the cluster.",
    "AsgInstanceLaunchFailures": (
        "Could not launch instances. InsufficientInstanceCapacity - We currently do not have "
        "sufficient capacity in the Availability Zone you requested. Launching EC2 instance failed."
    ),
    "InstanceLimitExceeded": (
        "Your AWS account is unable to launch any more instances of the specified instance type."
    ),
    "InsufficientFreeAddresses": (
        "One or more of the subnets associated with your managed node group does not have enough "
        "available IP addresses for new nodes."
    ),
    "NodeCreationFailure": "Instances failed to join the kubernetes cluster",
}
"""Health issues of a node group that a fault can cause, with AWS's messages.

Sources: EKS API Reference, Issue; EKS User Guide, "Managed node group error codes".
"""


@dataclass(frozen=True)
class Fault:
    """One entry of a list of faults."""

    kind: str
    service: str = "*"
    """Service of the call or file system, as the AWS CLI names it."""
    call: str = "*"
    """Pattern of the API action, such as CreateVpc."""
    name: str = "*"
    """Pattern of the resource's name; of a pod it is NAMESPACE/NAME."""
    nth: int = 1
    """Number of the first matching call or resource that it applies to."""
    times: int | None = None
    """Number of calls or resources that it applies to at most; None for the kind's default."""
    probability: float | None = None
    """Probability that it applies to a match; None applies it to the `nth` and those after it."""
    status: int = 503
    """HTTP status of a server error."""
    seconds: float = 5.0
    """Delay or duration, in seconds."""
    state: str = ""
    """State in which a file system or node group ends."""
    issue: str = "AsgInstanceLaunchFailures"
    """Code of a node group's health issue."""


_DEFAULTS = {one.name: one.default for one in fields(Fault)}


@dataclass(frozen=True)
class FaultList:
    """Faults in their order, and the seed of their draws."""

    faults: tuple[Fault, ...]
    seed: int = 0

    def document(self) -> dict[str, Any]:
        """Return the content of a file with this list; values that are the default are left out."""
        entries = [
            {key: value for key, value in asdict(one).items() if value != _DEFAULTS[key]}
            for one in self.faults
        ]
        return {"seed": self.seed, "faults": entries}


def parsed(content: Mapping[str, Any]) -> FaultList:
    """Return the list of a file's content, which has no errors."""
    return FaultList(tuple(Fault(**one) for one in content["faults"]), content.get("seed", 0))


@dataclass(frozen=True)
class Key:
    """Rule for the value of a key, in words and as a function, and a value that meets it."""

    rule: str
    allows: Callable[[Any], bool]
    example: Any


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _counts(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


def _one_of(*allowed: Any) -> Key:
    return Key(
        f"must be one of {', '.join(map(str, allowed))}", lambda value: value in allowed, allowed[0]
    )


_TEXT = Key("must be a text that is not empty", lambda v: isinstance(v, str) and bool(v), "*")
_NUMBER = Key("must be an integer of 1 or more", _counts, 1)
_SECONDS = Key("must be a number of 0 or more", lambda v: _is_number(v) and v >= 0, 5)
_SHARE = Key("must be a number above 0 and up to 1", lambda v: _is_number(v) and 0 < v <= 1, 0.1)
_WHEN = {"nth": _NUMBER, "times": _NUMBER, "probability": _SHARE}
_CALL = {"service": _TEXT, "call": _TEXT, **_WHEN}


@dataclass(frozen=True)
class Kind:
    """One kind of fault: its effect in words, its keys, and those that an entry must have."""

    effect: str
    keys: Mapping[str, Key]
    required: tuple[str, ...] = ()
    lasting: bool = False
    """True if it applies to every match from the `nth`, unless `times` says otherwise."""


KINDS: dict[str, Kind] = {
    "throttling": Kind("AWS refuses a call because there are too many", _CALL),
    "server-error": Kind(
        "a service fails with status 500 or 503, before the call takes effect",
        {**_CALL, "status": _one_of(500, 503)},
    ),
    "lost-response": Kind("a call takes effect, and its response is lost", _CALL),
    "expired-credentials": Kind("AWS says that the credentials expired", _CALL, lasting=True),
    "quota": Kind(
        "a quota of the account is exhausted", _CALL, required=("service", "call"), lasting=True
    ),
    "slow-iam": Kind(
        "a new role, or a policy new to a role, is not effective for some seconds",
        {"name": _TEXT, "seconds": _SECONDS, **_WHEN},
        lasting=True,
    ),
    "file-system": Kind(
        "a new file system ends in a state of failure",
        {
            "service": _one_of(*STATES),
            "state": _one_of(*(state for states in STATES.values() for state in states)),
            "name": _TEXT,
            **_WHEN,
        },
        required=("service", "state"),
    ),
    "node-group": Kind(
        "a new node group ends in a state of failure, with a health issue",
        {
            "name": _TEXT,
            "state": _one_of("CREATE_FAILED", "DEGRADED"),
            "issue": _one_of(*ISSUES),
            **_WHEN,
        },
        required=("state",),
    ),
    "late-import": Kind(
        "FSx imports a change of a linked bucket some seconds later than usual",
        {"seconds": _SECONDS},
        required=("seconds",),
        lasting=True,
    ),
    "slow-mount": Kind(
        "the volumes of a pod cannot be mounted for some seconds",
        {"name": _TEXT, "seconds": _SECONDS, **_WHEN},
    ),
    "eviction": Kind(
        "the kubelet evicts a pod that runs for some seconds, for its node is short of memory",
        {"name": _TEXT, "seconds": _SECONDS, **_WHEN},
    ),
    "spot-interruption": Kind(
        "EC2 takes a spot instance of a node group back, some seconds after the group is active",
        {"name": _TEXT, "seconds": _SECONDS, **_WHEN},
    ),
    "training-interruption": Kind(
        "SageMaker's spot capacity is taken from a training job that trains for some seconds",
        {"name": _TEXT, "seconds": _SECONDS, **_WHEN},
    ),
}
