"""Amazon SQS: long polling that does not block other calls, and attributes that persist.

moto waits for messages inside the call, while every other call of the account has to wait too.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any

from moto.sqs.exceptions import SQSException
from moto.sqs.models import Message, Queue, SQSBackend, sqs_backends

from rehearsal.aws.replacement import use_backend

LOOK_SECONDS = 0.1
NAME_REUSE_SECONDS = 60
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
        return super().create_queue(name, *args, **settings)

    def delete_queue(self, queue_name: str) -> None:
        """Delete a queue, and block its name for 60 seconds."""
        super().delete_queue(queue_name)
        self.deleted_at = {**self.deleted_at, queue_name: time.time()}

    def set_queue_attributes(self, queue_name: str, attributes: dict[str, Any]) -> Queue:
        """Set attributes and keep the policy, which moto removes unless it is one of them."""
        kept = {"Policy": self.get_queue(queue_name).policy}
        try:
            json.loads(attributes.get("Policy") or "{}")
        except ValueError as error:
            raise SQSException(
                "InvalidAttributeValue", "Invalid value for the parameter Policy."
            ) from error
        return super().set_queue_attributes(queue_name, {**kept, **attributes})
