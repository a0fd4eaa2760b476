"""The queue in which S3 says that something changed.

An event only says that it is time to look: S3 delivers events more than once and in any order, so
that what they tell of is never trusted. Messages stay in the queue until what they asked for is
done. https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
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

from workloads.faults import MissingInputError, RefusedError, UnavailableError
from workloads.summary import say

VISIBILITY = 120
"""Seconds in which a message comes again after this workload was killed."""

LONGEST_POLL = 20
"""Seconds that SQS lets one call wait."""

AT_ONCE = 10
"""Messages that SQS takes or gives in one call."""

Messages = Mapping[str, str]
"""Receipt handles by the messages' ids: what it takes to delete them."""


@dataclass(frozen=True)
class EventQueue:
    """A queue of one bucket's events."""

    client: Any
    url: str
    bucket: str
    clock: Callable[[], float] = time.monotonic

    def gather(self, quiet: float, longest: float, *, once: bool = False) -> Messages:
        """Wait for events, and then until no more come.

        Args:
            quiet: seconds without events after which it is enough.
            longest: seconds after the first event when it is enough anyway.
            once: give up when there is none for `quiet` seconds.
        """
        held: dict[str, str] = {}
        began = last = kept = self.clock()
        while True:
            left = last + quiet - self.clock()
            came = self.receive(left if held or once else LONGEST_POLL)
            now = self.clock()
            if came:
                began, last = (began if held else now), now
                held.update(came)
            if now - kept >= VISIBILITY / 2:
                self.keep(held)
                kept = now
            if not came and (held or once) and now - last >= quiet:
                return held
            if held and now - began >= longest:
                return held

    def receive(self, wait: float) -> Messages:
        """Some events, if there are any; a test message of S3's is dropped.

        What is no event of the bucket stays, and goes to the queue's dead letters in time.
        """
        with sqs_errors(self.url):
            answer = self.client.receive_message(
                QueueUrl=self.url,
                MaxNumberOfMessages=AT_ONCE,
                WaitTimeSeconds=max(0, math.ceil(min(wait, LONGEST_POLL))),
                VisibilityTimeout=VISIBILITY,
            )
        received = answer.get("Messages", [])
        self.delete(handles(each for each in received if is_test(each["Body"])))
        return handles(each for each in received if self.is_event(each))

    def is_event(self, message: Mapping[str, str]) -> bool:
        """Whether a message tells of objects of the bucket; the log names what nobody reads."""
        if is_test(message["Body"]):
            return False
        if self.bucket in buckets_of(message["Body"]):
            return True
        say(
            f"message {message['MessageId']} is no event of bucket {self.bucket}: left in the queue"
        )
        return False

    def keep(self, messages: Messages) -> None:
        """See that messages which are worked on do not come again."""
        for some in portions(messages):
            entries = [{**entry, "VisibilityTimeout": VISIBILITY} for entry in some]
            with sqs_errors(self.url):
                self.client.change_message_visibility_batch(QueueUrl=self.url, Entries=entries)

    def delete(self, messages: Messages) -> None:
        """Delete messages for good."""
        for some in portions(messages):
            with sqs_errors(self.url):
                self.client.delete_message_batch(QueueUrl=self.url, Entries=some)


def handles(messages: Iterable[Mapping[str, str]]) -> Messages:
    """What it takes to delete messages as SQS gives them."""
    return {message["MessageId"]: message["ReceiptHandle"] for message in messages}


def portions(messages: Messages) -> Iterator[list[dict[str, Any]]]:
    """As many messages as SQS takes at once, in its form."""
    entries = [{"Id": str(n), "ReceiptHandle": each} for n, each in enumerate(messages.values())]
    for start in range(0, len(entries), AT_ONCE):
        yield entries[start : start + AT_ONCE]


def is_test(body: str) -> bool:
    """Whether S3 says no more than that it can send to the queue."""
    return document(body).get("Event") == "s3:TestEvent"


def buckets_of(body: str) -> set[str]:
    """The buckets that a message tells of; none where it is no message of S3's."""
    records = document(body).get("Records")
    found = set()
    for record in records if isinstance(records, list) else []:
        try:
            found.add(str(record["s3"]["bucket"]["name"]))
        except (TypeError, KeyError):
            return set()
    return found


def document(body: str) -> Mapping[str, Any]:
    """A message's JSON object; an empty one where it has none."""
    try:
        content = json.loads(body)
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}


@contextmanager
def sqs_errors(url: str) -> Iterator[None]:
    """Errors of SQS in the block become a workload's.

    Raises:
        RefusedError: this identity may not use the queue, or there is none.
        MissingInputError: there is no such queue.
        UnavailableError: SQS does not answer, or anything else it says.
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
