"""Facts about the stack's own account and Region, asked of AWS once in a run of the program."""

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar, cast
from weakref import WeakKeyDictionary

import pulumi
import pulumi_aws as aws

Answer = TypeVar("Answer")

_ANSWERS: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[Callable[[], Any], Any]] = (
    WeakKeyDictionary()
)
"""By the event loop of a run, to which its outputs belong, and by question."""


def account_id() -> pulumi.Output[str]:
    """Return the id of the account, which a role's trust names: a service acts for no other.

    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
    """
    return once(aws.get_caller_identity_output).account_id


def region() -> pulumi.Output[str]:
    """Return the name of the Region."""
    return once(aws.get_region_output).region


def partition() -> pulumi.Output[str]:
    """Return the partition that the Region is in: aws, aws-cn and so on."""
    return once(aws.get_partition_output).partition


def dns_suffix() -> pulumi.Output[str]:
    """Return what the names of services end with in the partition."""
    return once(aws.get_partition_output).dns_suffix


def once(question: Callable[[], Answer]) -> Answer:
    """Return what a question without arguments is answered with, asked once in a run."""
    answers = _ANSWERS.setdefault(asyncio.get_event_loop(), {})
    if question not in answers:
        answers[question] = question()
    return cast("Answer", answers[question])
