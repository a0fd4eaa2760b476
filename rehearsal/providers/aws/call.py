"""What a declaration's functions are given: the operation at hand and the AWS clients for it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import boto3
from botocore.config import Config

from rehearsal.providers.edge import ProviderError, pause

_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 1.0
_CONFIG = Config(max_pool_connections=64, retries={"mode": "standard", "max_attempts": 5})


class Clients:
    """boto3 clients by service and region, made when first used; AWS_ENDPOINT_URL says where."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.session: Any = boto3.Session()
        self._clients: dict[tuple[str, str], Any] = {}
        self._account: str | None = None

    def get(self, service: str, region: str) -> Any:
        """The client, shared by threads as boto3 allows; making one is not safe, hence the lock."""
        with self._lock:
            key = (service, region)
            if key not in self._clients:
                self._clients[key] = self.session.client(
                    service, region_name=region, config=_CONFIG
                )
            return self._clients[key]

    def account(self, region: str) -> str:
        """The account's twelve digits, asked for once."""
        if self._account is None:
            self._account = str(self.get("sts", region).get_caller_identity()["Account"])
        return self._account

    def partition(self, region: str) -> str:
        """aws, aws-cn or aws-us-gov."""
        return str(self.session.get_partition_for_region(region))


@dataclass
class Call:
    """One operation on one resource.

    Attributes:
        clients: of the provider.
        region: that the resource is in.
        urn: of the resource.
        inputs: checked inputs.
        olds: the inputs of the last update, empty on create and import.
        outputs: the outputs of the last update, empty on create and import.
        id: of the resource, "" until it is created.
        changed: names of the inputs that an update changes.
        token: 36 characters that are the same when the same creation is tried again.
        timeout: seconds for the operation.
        report: shows the user what the operation is waiting for.
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
    started: float = field(default_factory=time.monotonic)

    def client(self, service: str) -> Any:
        """The boto3 client of the service in the resource's region."""
        return self.clients.get(service, self.region)

    @property
    def account(self) -> str:
        """The account's twelve digits."""
        return self.clients.account(self.region)

    @property
    def partition(self) -> str:
        """The partition of the resource's region."""
        return self.clients.partition(self.region)

    def arn(self, service: str, resource: str, region: str | None = None) -> str:
        """The ARN of a resource of this account; IAM's have the region ""."""
        where = self.region if region is None else region
        return f"arn:{self.partition}:{service}:{where}:{self.account}:{resource}"

    def known(self, name: str) -> Any:
        """A property, of the inputs or else of the last outputs; None if neither has it."""
        value = self.inputs.get(name)
        return self.outputs.get(name) if value is None else value

    def request(self, fields: Mapping[str, str]) -> dict[str, Any]:
        """The inputs that are given, by AWS's names: `fields` maps AWS name to input name."""
        given = {aws: self.inputs.get(name) for aws, name in fields.items()}
        return {aws: value for aws, value in given.items() if value is not None}

    def wait(self, done: Callable[[], bool], what: str) -> None:
        """Poll until done, ever more slowly, within the operation's timeout.

        Raises:
            ProviderError: the timeout has passed.
            Cancelled: the update is cancelled.
        """
        seconds = _FIRST_PAUSE
        while True:
            # Asked before the look, so that a look after the time can still tell its own reason.
            late = time.monotonic() - self.started > self.timeout
            if done():
                return
            if late:
                raise ProviderError(f"{what}: timeout after {duration(self.timeout)}")
            pause(seconds)
            seconds = min(seconds * 1.5, _LONGEST_PAUSE)


def duration(seconds: float) -> str:
    """Seconds as Go and Pulumi write them: 10m0s."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}m{rest}s" if minutes else f"{rest}s"


def given(**values: Any) -> dict[str, Any]:
    """The arguments that are not None, for a request or a state."""
    return {name: value for name, value in values.items() if value is not None}


def properties(response: Mapping[str, Any], fields: Mapping[str, str]) -> dict[str, Any]:
    """What a response holds, by Pulumi's names: `fields` maps AWS name to property name."""
    return {name: response[aws] for aws, name in fields.items() if response.get(aws) is not None}
