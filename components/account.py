"""Facts about the stack's own account and Region, read from AWS once in a run of the program."""

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar, cast
from weakref import WeakKeyDictionary

import pulumi
import pulumi_aws as aws

Result = TypeVar("Result")

_RESULTS: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[Callable[[], Any], Any]] = (
    WeakKeyDictionary()
)
"""Results by the event loop of a run, to which its outputs belong, and by function."""


def account_id() -> pulumi.Output[str]:
    """Return the id of the account; a trust policy names it, so that a service acts for it only.

    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
    """
    return once(aws.get_caller_identity_output).account_id


def region() -> pulumi.Output[str]:
    """Return the name of the Region."""
    return once(aws.get_region_output).region


def partition() -> pulumi.Output[str]:
    """Return the partition of the Region, such as aws or aws-cn."""
    return once(aws.get_partition_output).partition


def dns_suffix() -> pulumi.Output[str]:
    """Return the DNS suffix of services in the partition, such as amazonaws.com."""
    return once(aws.get_partition_output).dns_suffix


def once(invoke: Callable[[], Result]) -> Result:
    """Return the result of a function without arguments, which is called once in a run."""
    results = _RESULTS.setdefault(asyncio.get_event_loop(), {})
    if invoke not in results:
        results[invoke] = invoke()
    return cast("Result", results[invoke])
