"""What every CSI driver's controller can do, and how it refuses."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from botocore.exceptions import ClientError

from rehearsal.clients import Cloud, code_of, message_of
from rehearsal.cloud.authorization.policy import Context
from rehearsal.cluster.controllers.drivers import Installed
from rehearsal.cluster.controllers.identity import AccessDenied, Identity


class Refused(Exception):  # noqa: N818 - the driver's answer
    """An RPC ended with an error; the text is what gRPC makes of its code and description."""

    def __init__(self, code: str, description: str) -> None:
        super().__init__(f"rpc error: code = {code} desc = {description}")


class NotReady(Exception):  # noqa: N818 - not failed
    """The volume is being made and is not ready yet."""


@dataclass(frozen=True)
class VolumeRequest:
    """What the provisioner asks a driver for."""

    name: str
    size_bytes: int
    parameters: Mapping[str, str]
    claim_name: str
    claim_namespace: str


@dataclass(frozen=True)
class Volume:
    """What a driver made: the handle, its context and its size in bytes."""

    handle: str
    context: Mapping[str, str]
    size_bytes: int


class Driver(ABC):
    """The controller half of a CSI driver, with the rights of its service account."""

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
        """Makes the volume of that name, or finds it made.

        Raises:
            Refused: AWS, IAM or the driver itself says no.
            NotReady: AWS is still making it.
        """

    @abstractmethod
    def delete(self, handle: str) -> None:
        """Deletes a volume, if it is there."""

    def authorise(self, action: str, resource: str, context: Context | None = None) -> None:
        """Raises Refused unless the driver's role allows the call."""
        try:
            self._identity.authorise(action, resource, context)
        except AccessDenied as error:
            raise Refused("Internal", f"api error AccessDeniedException: {error}") from error

    def call(self, operation: str, **parameters: Any) -> dict[str, Any]:
        """Calls AWS; a refusal is worded as the AWS SDK for Go words it."""
        try:
            answer: dict[str, Any] = getattr(self._client, operation)(**parameters)
        except ClientError as error:
            raise AwsRefused(code_of(error), message_of(error)) from error
        return answer

    def arn(self, resource: str) -> str:
        """The ARN of one of the service's things in the controller's region."""
        service = {"efs": "elasticfilesystem"}.get(self.service, self.service)
        return self._cloud.arn(service, self._controller.region, resource)


class AwsRefused(Refused):
    """An AWS call the driver made was refused; `aws_code` is AWS's."""

    def __init__(self, aws_code: str, message: str) -> None:
        super().__init__("Internal", f"api error {aws_code}: {message}")
        self.aws_code = aws_code


def resource_context(tags: Sequence[Mapping[str, str]]) -> dict[str, str | list[str]]:
    """The condition keys of a request on something that has these tags."""
    return {f"aws:ResourceTag/{tag['Key']}": tag["Value"] for tag in tags}


def tag_context(tags: Mapping[str, str]) -> dict[str, str | list[str]]:
    """The condition keys of a request that puts these tags on what it makes."""
    keys: dict[str, str | list[str]] = {f"aws:RequestTag/{name}": tags[name] for name in tags}
    return keys | {"aws:TagKeys": list(tags)}
