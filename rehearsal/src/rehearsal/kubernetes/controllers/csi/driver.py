"""Base class of the CSI drivers' controllers, with their requests, volumes and errors."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from botocore.exceptions import ClientError

from rehearsal.aws.policy import Context
from rehearsal.clients.aws import Cloud, code_of, message_of
from rehearsal.kubernetes.controllers.drivers import Installed
from rehearsal.kubernetes.controllers.identity import AccessDenied, Identity


class Refused(Exception):  # noqa: N818 - the driver's answer
    """An RPC ended with an error; the text is formatted as gRPC formats code and description."""

    def __init__(self, code: str, description: str) -> None:
        super().__init__(f"rpc error: code = {code} desc = {description}")


class NotReady(Exception):  # noqa: N818 - not failed
    """The volume is still being created."""


@dataclass(frozen=True)
class VolumeRequest:
    """Request of the provisioner to a driver for one volume."""

    name: str
    size_bytes: int
    parameters: Mapping[str, str]
    claim_name: str
    claim_namespace: str


@dataclass(frozen=True)
class Volume:
    """Volume that a driver created: its handle, context and size in bytes."""

    handle: str
    context: Mapping[str, str]
    size_bytes: int


class Driver(ABC):
    """Controller part of a CSI driver, with the permissions of its service account."""

    name: ClassVar[str]
    image: ClassVar[str]
    node_app: ClassVar[str]
    service: ClassVar[str]

    def __init__(self, cloud: Cloud, controller: Installed, identity: Identity) -> None:
        self._cloud = cloud
        self._controller = controller
        self._identity = identity
        self._client = cloud.client(self.service, controller.region)

    @abstractmethod
    def create(self, request: VolumeRequest) -> Volume:
        """Create the volume of that name, or return the one that exists.

        Raises:
            Refused: AWS, IAM or the driver itself refuses the request.
            NotReady: AWS is still creating the volume.
        """

    @abstractmethod
    def delete(self, handle: str) -> None:
        """Delete a volume if it exists."""

    def authorise(self, action: str, resource: str, context: Context | None = None) -> None:
        """Raise Refused unless the driver's role allows an action on a resource."""
        try:
            self._identity.authorise(action, resource, context)
        except AccessDenied as error:
            raise Refused("Internal", f"api error AccessDeniedException: {error}") from error

    def call(self, operation: str, **parameters: Any) -> dict[str, Any]:
        """Call AWS and return its answer.

        Raises:
            AwsRefused: AWS refused the call; the text is that of the AWS SDK for Go.
        """
        try:
            answer: dict[str, Any] = getattr(self._client, operation)(**parameters)
        except ClientError as error:
            raise AwsRefused(code_of(error), message_of(error)) from error
        return answer

    def arn(self, resource: str) -> str:
        """Return the ARN of a resource of the driver's service in the controller's Region."""
        service = {"efs": "elasticfilesystem"}.get(self.service, self.service)
        return self._cloud.arn(service, self._controller.region, resource)


class AwsRefused(Refused):
    """An AWS call of the driver was refused; `aws_code` is AWS's error code."""

    def __init__(self, aws_code: str, message: str) -> None:
        super().__init__("Internal", f"api error {aws_code}: {message}")
        self.aws_code = aws_code


def resource_context(tags: Sequence[Mapping[str, str]]) -> dict[str, str | list[str]]:
    """Return the condition keys of a request on a resource that has these tags."""
    return {f"aws:ResourceTag/{tag['Key']}": tag["Value"] for tag in tags}


def tag_context(tags: Mapping[str, str]) -> dict[str, str | list[str]]:
    """Return the condition keys of a request that creates a resource with these tags."""
    keys: dict[str, str | list[str]] = {f"aws:RequestTag/{name}": tags[name] for name in tags}
    return keys | {"aws:TagKeys": list(tags)}
