"""AWS errors, worded as pulumi-aws words them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from botocore.exceptions import BotoCoreError, ClientError, EndpointConnectionError

from rehearsal.pulumi.providers.server import ProviderError

# InvalidVpcID.NotFound, NatGatewayNotFound, NoSuchEntity, NotFoundException, a HEAD's bare 404.
_MISSING = re.compile(r"NotFound|NonExistent|^NoSuch|^404$")


def code(error: ClientError) -> str:
    """Return AWS's code of an error."""
    return str(error.response.get("Error", {}).get("Code", "Unknown"))


def says(error: ClientError, parts: Iterable[str]) -> bool:
    """Return True if the message of an invalid parameter has one of these parts."""
    message = str(error.response.get("Error", {}).get("Message", ""))
    return code(error) == "InvalidParameterException" and any(part in message for part in parts)


def retried(error: ClientError) -> bool:
    """Return True if the SDK had made the call before, and had no answer that it could use."""
    return bool(error.response.get("ResponseMetadata", {}).get("RetryAttempts"))


def is_missing(error: ClientError) -> bool:
    """Return True if the error means that the requested object does not exist."""
    return bool(_MISSING.search(code(error)))


@contextmanager
def explained(doing: str, service: str) -> Iterator[None]:
    """Turn errors of AWS calls into messages for the user, such as "creating EC2 VPC: ...".

    Raises:
        ProviderError: It replaces boto3's errors.
    """
    try:
        yield
    except ClientError as error:
        raise ProviderError(f"{doing}: {_operation_error(error, service)}") from error
    except EndpointConnectionError as error:
        raise ProviderError(
            f"{doing}: the emulated AWS does not answer ({error}); "
            "`python -m rehearsal cloud start` starts it"
        ) from error
    except BotoCoreError as error:
        raise ProviderError(f"{doing}: {error}") from error


def _operation_error(error: ClientError, service: str) -> str:
    response = error.response
    metadata = response.get("ResponseMetadata", {})
    exceeded = f"exceeded maximum number of attempts, {metadata.get('RetryAttempts', 0) + 1}, "
    tried = exceeded if metadata.get("MaxAttemptsReached") else ""
    return (
        f"operation error {service}: {error.operation_name}, {tried}"
        f"https response error StatusCode: {metadata.get('HTTPStatusCode', 0)}, "
        f"RequestID: {metadata.get('RequestId', '')}, "
        f"api error {code(error)}: {response.get('Error', {}).get('Message', '')}"
    )
