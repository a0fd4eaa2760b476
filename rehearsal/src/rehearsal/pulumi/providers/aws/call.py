"""Argument of a declaration's functions: the operation and the AWS clients for it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import EndpointConnectionError

from rehearsal.pulumi.providers.server import ProviderError, pause

_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 1.0
ATTEMPTS = 25
"""Times that pulumi-aws makes a call that AWS throttles, or that fails on the way or in AWS.

Source: pulumi-aws, setting maxRetries.
"""
UNHEARD_ATTEMPTS = 5
"""Times that a call is made while nothing listens at the address, some seconds together."""
_CONFIG = Config(
    max_pool_connections=64, retries={"mode": "standard", "total_max_attempts": ATTEMPTS}
)


def _give_up_without_server(caught_exception: Exception | None, attempts: int, **_: Any) -> None:
    """Raise the error of a call if nothing listens at the address of the emulated AWS.

    Real AWS always listens: nothing is learnt from 25 attempts, which take minutes.
    """
    if isinstance(caught_exception, EndpointConnectionError) and attempts >= UNHEARD_ATTEMPTS:
        raise caught_exception


class Clients:
    """boto3 clients by service and Region, made on first use, for AWS_ENDPOINT_URL."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.session: Any = boto3.Session()
        self._clients: dict[tuple[str, str], Any] = {}
        self._account: str | None = None

    def get(self, service: str, region: str) -> Any:
        """Return the client, which threads may share.

        A lock guards its creation, which boto3 does not allow in several threads at once.
        """
        with self._lock:
            key = (service, region)
            if key not in self._clients:
                made = self.session.client(service, region_name=region, config=_CONFIG)
                made.meta.events.register_first("needs-retry", _give_up_without_server)
                self._clients[key] = made
            return self._clients[key]

    def account(self, region: str) -> str:
        """Return the account's twelve digits, which are requested once."""
        if self._account is None:
            self._account = str(self.get("sts", region).get_caller_identity()["Account"])
        return self._account

    def partition(self, region: str) -> str:
        """Return the partition of a Region: aws, aws-cn or aws-us-gov."""
        return str(self.session.get_partition_for_region(region))


@dataclass
class Call:
    """One operation on one resource.

    Attributes:
        clients: Clients of the provider.
        region: Region of the resource.
        urn: URN of the resource.
        inputs: Checked inputs.
        olds: Inputs of the last update, empty on create and import.
        outputs: Outputs of the last update, empty on create and import.
        id: Id of the resource, "" until it is created.
        changed: Names of the inputs that an update changes.
        token: Idempotency token of 36 characters, the same when the same creation is retried.
        timeout: Seconds for the operation.
        report: Function that shows the user what the operation is waiting for.
        warn: Function that shows the user a warning, which stays on the screen.
        started: Time of the monotonic clock at which the operation began, in seconds.
    """

    clients: Clients
    region: str
    urn: str = ""
    inputs: dict[str, Any] = field(default_factory=dict)
    olds: dict[str, Any] = field(default_factory=dict)
    outputs: dict[str, Any] = field(default_factory=dict)
    id: str = ""
    changed: frozenset[str] = frozenset()
    token: str = ""
    timeout: float = 600
    report: Callable[[str], None] = lambda _: None
    warn: Callable[[str], None] = lambda _: None
    started: float = field(default_factory=time.monotonic)

    def client(self, service: str) -> Any:
        """Return the boto3 client of the service in the resource's Region."""
        return self.clients.get(service, self.region)

    @property
    def account(self) -> str:
        """Twelve digits of the account."""
        return self.clients.account(self.region)

    @property
    def partition(self) -> str:
        """Partition of the resource's Region."""
        return self.clients.partition(self.region)

    def arn(self, service: str, resource: str, region: str | None = None) -> str:
        """Return the ARN of a resource of this account; the Region of IAM's resources is ""."""
        where = self.region if region is None else region
        return f"arn:{self.partition}:{service}:{where}:{self.account}:{resource}"

    def value(self, name: str) -> Any:
        """Return a property from the inputs or else the last outputs; None if neither has it."""
        value = self.inputs.get(name)
        return self.outputs.get(name) if value is None else value

    def request(self, fields: Mapping[str, str]) -> dict[str, Any]:
        """Return the inputs that are set, by AWS name: `fields` maps AWS name to input name."""
        given = {aws: self.inputs.get(name) for aws, name in fields.items()}
        return {aws: value for aws, value in given.items() if value is not None}

    def wait(self, done: Callable[[], bool], what: str) -> None:
        """Poll until done, ever more slowly, within the operation's timeout.

        Raises:
            ProviderError: The timeout has passed.
            Cancelled: The update is cancelled.
        """
        seconds = _FIRST_PAUSE
        while True:
            # Read before the check, so that a check after the timeout can raise its own error.
            late = time.monotonic() - self.started > self.timeout
            if done():
                return
            if late:
                raise ProviderError(f"{what}: timeout after {duration(self.timeout)}")
            pause(seconds)
            seconds = min(seconds * 1.5, _LONGEST_PAUSE)


def duration(seconds: float) -> str:
    """Return seconds in the format of Go and Pulumi, such as 10m0s."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}m{rest}s" if minutes else f"{rest}s"


def without_none(**values: Any) -> dict[str, Any]:
    """Return the arguments that are not None, for a request or a state."""
    return {name: value for name, value in values.items() if value is not None}


def properties(response: Mapping[str, Any], fields: Mapping[str, str]) -> dict[str, Any]:
    """Return the values of a response by Pulumi name: `fields` maps AWS name to property name."""
    return {name: response[aws] for aws, name in fields.items() if response.get(aws) is not None}
