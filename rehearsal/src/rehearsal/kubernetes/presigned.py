"""Bearer token of `aws eks get-token`: a presigned URL of STS's GetCallerIdentity.

Its receiver can ask STS by that URL who made the token, and can do nothing else with it. The
cluster's name is a header that the signature covers but the URL does not contain, so a token for
another cluster fails STS's check. These are the rules of aws-iam-authenticator, which EKS runs:
https://github.com/kubernetes-sigs/aws-iam-authenticator (pkg/token).
"""

from __future__ import annotations

import base64
import binascii
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

PREFIX = "k8s-aws-v1."
CLUSTER_HEADER = "x-k8s-aws-id"

_MAX_LENGTH = 4096
_MAX_EXPIRES_SECONDS = 900
# EKS counts from the time of signing and ignores a shorter X-Amz-Expires: awscli signs for
# 60 seconds, tells kubectl that the token lasts 14 minutes, and both are right.
_VALID = timedelta(minutes=15)
_DATE_FORMAT = "%Y%m%dT%H%M%SZ"
_PARAMETERS = {
    "action",
    "version",
    "x-amz-algorithm",
    "x-amz-credential",
    "x-amz-date",
    "x-amz-expires",
    "x-amz-security-token",
    "x-amz-signature",
    "x-amz-signedheaders",
    "x-amz-user-agent",
}


class RefusedError(Exception):
    """EKS would not accept the token; the text says why."""


def read(bearer: str, sts_hosts: set[str], now: datetime | None = None) -> str:
    """Return the URL in a bearer token, by which STS can be asked who made it.

    Args:
        bearer: Token as the API server received it.
        sts_hosts: Hosts (with port) at which STS answers.
        now: Time at which the token must be valid; the present time by default.

    Raises:
        RefusedError: The text is not such a token, or the token is not valid at this time.
    """
    url = _url(bearer)
    scheme, host, path, query, _ = urlsplit(url)
    if host not in sts_hosts or scheme not in {"http", "https"} or path not in {"", "/"}:
        raise RefusedError(f"its URL leads to {scheme}://{host}{path}, which is not STS")
    given = _parameters(query)
    if given.get("action") != "GetCallerIdentity":
        raise RefusedError(f"its URL asks for {given.get('action')}, not GetCallerIdentity")
    if CLUSTER_HEADER not in given.get("x-amz-signedheaders", "").split(";"):
        raise RefusedError(f"{CLUSTER_HEADER} is not among the headers it signs")
    if not given.get("x-amz-signature"):
        raise RefusedError("it has no signature")
    _check_age(given, now or datetime.now(UTC))
    _check_scope(given.get("x-amz-credential", ""))
    return url


def _url(bearer: str) -> str:
    if not bearer.startswith(PREFIX):
        raise RefusedError(f"it doesn't begin with {PREFIX}")
    if len(bearer) > _MAX_LENGTH:
        raise RefusedError(f"it is longer than {_MAX_LENGTH} characters")
    encoded = bearer.removeprefix(PREFIX)
    try:
        return base64.b64decode(
            encoded + "=" * (-len(encoded) % 4), altchars=b"-_", validate=True
        ).decode("ascii")
    except (binascii.Error, UnicodeDecodeError) as error:
        raise RefusedError(f"it is not URL-safe base64: {error}") from error


def _parameters(query: str) -> dict[str, str]:
    """Return the query's parameters by lower-case name; each must be known and occur once."""
    found: dict[str, str] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        key = name.lower()
        if key not in _PARAMETERS:
            raise RefusedError(f"its URL has a parameter {name} that is not for signing")
        if key in found:
            raise RefusedError(f"its URL has the parameter {name} twice")
        found[key] = value
    return found


def _check_age(given: dict[str, str], now: datetime) -> None:
    try:
        expires = int(given["x-amz-expires"])
        signed_at = datetime.strptime(given["x-amz-date"], _DATE_FORMAT).replace(tzinfo=UTC)
    except (KeyError, ValueError) as error:
        raise RefusedError("its X-Amz-Date or X-Amz-Expires is missing or malformed") from error
    if not 0 <= expires <= _MAX_EXPIRES_SECONDS:
        raise RefusedError(f"X-Amz-Expires must be 0 to {_MAX_EXPIRES_SECONDS}, got: {expires}")
    if now > signed_at + _VALID:
        raise RefusedError(f"it expired 15 minutes after it was signed at {signed_at:%H:%M:%S} UTC")
    if signed_at > now + _VALID:
        raise RefusedError(f"it was signed in the future, at {signed_at:%Y-%m-%d %H:%M:%S} UTC")


def _check_scope(credential: str) -> None:
    """Raise RefusedError unless a credential is `KEY/DATE/REGION/sts/aws4_request`."""
    parts = credential.split("/")
    if len(parts) != 5 or parts[3:] != ["sts", "aws4_request"]:
        raise RefusedError(f"its X-Amz-Credential is not one for STS: {credential}")
