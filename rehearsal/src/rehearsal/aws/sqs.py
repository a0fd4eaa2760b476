"""Amazon SQS: long polling that does not block other calls, and attributes within their ranges.

Source of the ranges: SQS API Reference, SetQueueAttributes.

moto waits for messages inside the call, while every other call of the account has to wait too.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any

from moto.sqs.exceptions import InvalidAttributeName, SQSException
from moto.sqs.models import Message, Queue, SQSBackend, sqs_backends

from rehearsal.aws import keys, policy_documents
from rehearsal.aws.replacement import use_backend

LOOK_SECONDS = 0.1
NAME_REUSE_SECONDS = 60
RANGES = {
    "DelaySeconds": (0, 900),
    "KmsDataKeyReusePeriodSeconds": (60, 86_400),
    "MaximumMessageSize": (1024, 1_048_576),
    "MessageRetentionPeriod": (60, 1_209_600),
    "ReceiveMessageWaitTimeSeconds": (0, 20),
    "VisibilityTimeout": (0, 43_200),
}
OTHERS = {
    *("Policy", "RedrivePolicy", "RedriveAllowPolicy", "KmsMasterKeyId", "SqsManagedSseEnabled"),
    *("FifoQueue", "ContentBasedDeduplication", "DeduplicationScope", "FifoThroughputLimit"),
}
RECEIVES = range(1, 1001)
# True for a call that has waited: it returns the messages that there are, even none.
HAS_WAITED: ContextVar[bool] = ContextVar("HAS_WAITED", default=False)


class NothingYet(Exception):  # noqa: N818 - not an error: the call is answered later
    """A queue is empty, and the caller wants to wait for a message."""

    def __init__(self, backend: SQSBackend, queue: str, seconds: int) -> None:
        super().__init__(f"{queue} is empty")
        self._backend, self._queue = backend, queue
        self._until = time.monotonic() + seconds

    def wait(self) -> None:
        """Wait until a message arrives, the queue is deleted, or the time has passed."""
        while time.monotonic() < self._until:
            queue = self._backend.queues.get(self._queue)
            if queue is None or queue.messages:
                return
            time.sleep(LOOK_SECONDS)


def install() -> None:
    """Replace moto's SQS with this one."""
    use_backend(sqs_backends, SQS)


class SQS(SQSBackend):
    """SQS of the account in one Region."""

    def receive_message(
        self, queue_name: str, count: int, wait_seconds_timeout: int, *args: Any
    ) -> list[Message]:
        """Return the available messages.

        Raises:
            NothingYet: There are none, and the caller wants to wait.
        """
        found = super().receive_message(queue_name, count, 0, *args)
        if not found and wait_seconds_timeout and not HAS_WAITED.get():
            raise NothingYet(self, queue_name, wait_seconds_timeout)
        return found

    deleted_at: Mapping[str, float] = {}
    """Time of each queue's deletion by its name, in seconds since 1970."""

    def create_queue(self, name: str, *args: Any, **settings: Any) -> Queue:
        """Create a queue whose name was not in use within the last 60 seconds.

        Source:
        https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html
        """
        if time.time() - self.deleted_at.get(name, 0) < NAME_REUSE_SECONDS:
            raise SQSException(
                "AWS.SimpleQueueService.QueueDeletedRecently",
                "You must wait 60 seconds after deleting a queue before you can create another "
                "with the same name.",
            )
        given = {key: value for key, value in settings.items() if key[0].isupper()}
        self._check_attributes(given)
        return super().create_queue(name, *args, **settings)

    def delete_queue(self, queue_name: str) -> None:
        """Delete a queue, and block its name for 60 seconds."""
        super().delete_queue(queue_name)
        self.deleted_at = {**self.deleted_at, queue_name: time.time()}

    def set_queue_attributes(self, queue_name: str, attributes: dict[str, Any]) -> Queue:
        """Set attributes and keep the policy, which moto removes unless it is one of them."""
        kept = {"Policy": self.get_queue(queue_name).policy}
        self._check_attributes(attributes)
        return super().set_queue_attributes(queue_name, {**kept, **attributes})

    def send_message(self, queue_name: str, *args: Any, **kwargs: Any) -> Message:
        """Send a message, which the queue's KMS key encrypts.

        SQS looks for the key when a message comes, and not when the key is set.
        """
        queue = self.get_queue(queue_name)
        if named := getattr(queue, "kms_master_key_id", None):
            try:
                keys.resolve(self.account_id, self.region_name, str(named))
            except keys.KeyNotFoundError as error:
                raise SQSException("KmsNotFound", str(error)) from error
        return super().send_message(queue_name, *args, **kwargs)

    def _check_attributes(self, given: Mapping[str, Any]) -> None:
        for name, value in given.items():
            if name not in RANGES.keys() | OTHERS:
                raise InvalidAttributeName(name)
            if name in RANGES and not _is_within(value, *RANGES[name]):
                raise _invalid(f"Invalid value for the parameter {name}.")
        if given.get("KmsMasterKeyId") and str(given.get("SqsManagedSseEnabled")).lower() == "true":
            raise _invalid(
                "You can use one type of server-side encryption (SSE) at one time. You can either "
                "enable KMS SSE or SQS SSE."
            )
        policy = given.get("Policy")
        if policy and policy_documents.fault(policy, self.account_id, "sqs"):
            raise _invalid("Invalid value for the parameter Policy.")
        _check_redrive(given.get("RedrivePolicy"))


def _is_within(value: Any, low: int, high: int) -> bool:
    text = str(value)
    return text.isdecimal() and low <= int(text) <= high


def _check_redrive(policy: Any) -> None:
    try:
        count = json.loads(policy)["maxReceiveCount"]
    except (ValueError, KeyError, TypeError):
        return  # moto refuses it, in SQS's words
    if not str(count).isdecimal() or int(count) not in RECEIVES:
        raise SQSException(
            "InvalidParameterValue",
            f"Value {policy} for parameter RedrivePolicy is invalid. Reason: Invalid value for "
            f"maxReceiveCount: {count}, valid values are from 1 to 1000 both inclusive.",
        )


def _invalid(message: str) -> SQSException:
    return SQSException("InvalidAttributeValue", message)
