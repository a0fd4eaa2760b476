"""Queue of S3's event notifications.

An event only triggers a new listing of the objects, because S3 may deliver events repeatedly and
out of order. Messages stay in the queue until their batch has its job.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError

from workloads.errors import MissingInputError, RefusedError, UnavailableError
from workloads.summary import say

VISIBILITY_TIMEOUT = 120
"""Seconds after which SQS delivers a message again if this command was killed."""

MAX_WAIT = 20
"""Maximum seconds that one call of SQS may wait for messages."""

MAX_ENTRIES = 10
"""Maximum number of messages in one call of SQS."""

ReceiptHandles = Mapping[str, str]
"""Receipt handles, which SQS needs to delete messages, by message id."""


@dataclass(frozen=True)
class EventQueue:
    """Queue with the events of one bucket."""

    client: Any
    url: str
    bucket: str
    clock: Callable[[], float] = time.monotonic
    """Function that returns seconds; tests have their own."""

    def collect(self, quiet: float, longest: float, *, once: bool = False) -> ReceiptHandles:
        """Wait for events until they pause, and return their receipt handles.

        Args:
            quiet: Seconds without events that end the wait.
            longest: Maximum seconds to wait after the first event.
            once: Return after `quiet` seconds if there is no event at all.

        Raises:
            WorkloadError: See `sqs_errors`.
        """
        collected: dict[str, str] = {}
        first = last = extended = self.clock()
        while True:
            remaining = last + quiet - self.clock()
            received = self.receive(remaining if collected or once else MAX_WAIT)
            now = self.clock()
            if received:
                first, last = (first if collected else now), now
                collected.update(received)
            if now - extended >= VISIBILITY_TIMEOUT / 2:
                self.extend_visibility(collected)
                extended = now
            if not received and (collected or once) and now - last >= quiet:
                return collected
            if collected and now - first >= longest:
                return collected

    def receive(self, wait: float) -> ReceiptHandles:
        """Return the events that arrive within `wait` seconds, and delete S3's test messages.

        Messages that are not events of the bucket stay until SQS moves them to the dead letters.

        Raises:
            WorkloadError: See `sqs_errors`.
        """
        with sqs_errors(self.url):
            answer = self.client.receive_message(
                QueueUrl=self.url,
                MaxNumberOfMessages=MAX_ENTRIES,
                WaitTimeSeconds=max(0, math.ceil(min(wait, MAX_WAIT))),
                VisibilityTimeout=VISIBILITY_TIMEOUT,
            )
        received = answer.get("Messages", [])
        self.delete(
            receipt_handles(message for message in received if is_test_event(message["Body"]))
        )
        return receipt_handles(message for message in received if self.is_event(message))

    def is_event(self, message: Mapping[str, str]) -> bool:
        """Return True for an event of the bucket, and log any other message."""
        if is_test_event(message["Body"]):
            return False
        if self.bucket in bucket_names(message["Body"]):
            return True
        say(
            f"message {message['MessageId']} is not an event of bucket {self.bucket}: it stays in "
            "the queue"
        )
        return False

    def extend_visibility(self, messages: ReceiptHandles) -> None:
        """Postpone the next delivery of messages that are being processed.

        Raises:
            WorkloadError: See `sqs_errors`.
        """
        for batch in batch_entries(messages):
            entries = [{**entry, "VisibilityTimeout": VISIBILITY_TIMEOUT} for entry in batch]
            with sqs_errors(self.url):
                self.client.change_message_visibility_batch(QueueUrl=self.url, Entries=entries)

    def delete(self, messages: ReceiptHandles) -> None:
        """Delete messages from the queue.

        Raises:
            WorkloadError: See `sqs_errors`.
        """
        for entries in batch_entries(messages):
            with sqs_errors(self.url):
                self.client.delete_message_batch(QueueUrl=self.url, Entries=entries)


def receipt_handles(messages: Iterable[Mapping[str, str]]) -> ReceiptHandles:
    """Return the receipt handles of messages, by message id."""
    return {message["MessageId"]: message["ReceiptHandle"] for message in messages}


def batch_entries(messages: ReceiptHandles) -> Iterator[list[dict[str, Any]]]:
    """Yield the entries of SQS's batch calls, at most MAX_ENTRIES at a time."""
    entries = [
        {"Id": str(index), "ReceiptHandle": handle}
        for index, handle in enumerate(messages.values())
    ]
    for start in range(0, len(entries), MAX_ENTRIES):
        yield entries[start : start + MAX_ENTRIES]


def is_test_event(body: str) -> bool:
    """Return True for the test message that S3 sends when notifications are set up."""
    return parse_json_object(body).get("Event") == "s3:TestEvent"


def bucket_names(body: str) -> set[str]:
    """Return the names of the buckets in S3's event message; an empty set for any other message."""
    records = parse_json_object(body).get("Records")
    found = set()
    for record in records if isinstance(records, list) else []:
        try:
            found.add(str(record["s3"]["bucket"]["name"]))
        except (TypeError, KeyError):
            return set()
    return found


def parse_json_object(body: str) -> Mapping[str, Any]:
    """Return the JSON object in a message, or an empty one if it has none."""
    try:
        content = json.loads(body)
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}


@contextmanager
def sqs_errors(url: str) -> Iterator[None]:
    """Translate SQS's errors in the block to errors of a workload.

    Raises:
        RefusedError: This identity may not use the queue, or there are no credentials.
        MissingInputError: The queue does not exist.
        UnavailableError: SQS does not answer, or reports any other error.
    """
    try:
        yield
    except ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", ""))
        if "NonExistentQueue" in code or "QueueDoesNotExist" in code:
            raise MissingInputError(f"{url}: there is no such queue; check --queue") from error
        if "AccessDenied" in code or "InvalidClientTokenId" in code or "KMS" in code:
            raise RefusedError(
                f"{url}: SQS refuses {error.operation_name} ({code}). Check that this pod's role "
                "may receive, delete and change the visibility of messages"
            ) from error
        raise UnavailableError(f"{url}: {error}") from error
    except NoCredentialsError as error:
        raise RefusedError(
            f"{url}: no AWS credentials found. In a pod, give its service account a Pod Identity "
            "association"
        ) from error
    except BotoCoreError as error:
        raise UnavailableError(f"{url}: SQS does not answer ({error})") from error
