"""Signature of a request: read, and compared with the one that its secret key makes.

botocore signs the same request again. The rules of AWS are in the IAM user guide, "AWS Signature
Version 4 for API requests", and, for S3's older presigned URLs, in the S3 API reference,
"Signing and authenticating REST requests".
"""

from __future__ import annotations

import hmac
import re
import time
from calendar import timegm
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from botocore import auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as Keys

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

_ALGORITHM = "AWS4-HMAC-SHA256"
_SKEW_SECONDS = 15 * 60
_PART = re.compile(r"(Credential|SignedHeaders|Signature)=([^,\s]+)")
_WITHOUT_PREFIX = ("content-type", "content-length")  # headers of their own names in WSGI


@dataclass(frozen=True)
class Signature:
    """Signature of a request, with the times (seconds since 1970) between which it is valid."""

    access_key: str
    region: str
    service: str
    token: str | None
    timestamp: str
    headers: tuple[str, ...]
    presigned: bool
    value: str
    begins: float
    ends: float

    @property
    def header(self) -> str:
        """Value of the Authorization header with this signature."""
        scope = f"{self.access_key}/{self.timestamp[:8]}/{self.region}/{self.service}/aws4_request"
        signed = f"SignedHeaders={';'.join(self.headers)}, Signature={self.value}"
        return f"{_ALGORITHM} Credential={scope}, {signed}"

    @property
    def is_timely(self) -> bool:
        """Return whether the signature is valid at this time."""
        return self.begins <= _now() <= self.ends


def _now() -> float:
    """Return the time by the clock that botocore signs by."""
    return datetime.now(UTC).timestamp()


def read(environ: WSGIEnvironment) -> Signature | None:
    """Return the signature of a request; None without one, and for other kinds of signatures."""
    text = environ.get("HTTP_AUTHORIZATION", "")
    query = dict(parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True))
    try:
        if text:
            return _in_header(text, environ) if text.startswith(f"{_ALGORITHM} ") else None
        if query.get("X-Amz-Algorithm") == _ALGORITHM:
            return _in_query(query)
        return _old(query) if "AWSAccessKeyId" in query else None
    except (KeyError, ValueError):
        return None


def is_made_with(environ: WSGIEnvironment, found: Signature, secret_key: str) -> bool:
    """Return whether the signature of a request was made with a secret key."""
    keys = Keys(found.access_key, secret_key)
    made = _sign(environ, found, keys) if found.headers else _sign_old(environ, found, keys)
    return hmac.compare_digest(made, found.value)


def _in_header(text: str, environ: WSGIEnvironment) -> Signature:
    parts = dict(_PART.findall(text))
    timestamp, token = environ["HTTP_X_AMZ_DATE"], environ.get("HTTP_X_AMZ_SECURITY_TOKEN")
    named = parts["SignedHeaders"], parts["Signature"], parts["Credential"]
    return _signature(*named, token, timestamp, _SKEW_SECONDS, presigned=False)


def _in_query(query: dict[str, str]) -> Signature:
    timestamp, token = query["X-Amz-Date"], query.get("X-Amz-Security-Token")
    # S3 alone takes the URL's own limit; the others count from the time of signing.
    lasts = int(query["X-Amz-Expires"]) if "/s3/" in query["X-Amz-Credential"] else _SKEW_SECONDS
    named = query["X-Amz-SignedHeaders"], query["X-Amz-Signature"], query["X-Amz-Credential"]
    return _signature(*named, token, timestamp, lasts, presigned=True)


def _signature(  # noqa: PLR0913, PLR0917 - the parts of a signature
    headers: str,
    value: str,
    credential: str,
    token: str | None,
    timestamp: str,
    lasts: int,
    *,
    presigned: bool,
) -> Signature:
    access_key, _, region, service, _ = credential.split("/")
    names = tuple(headers.lower().split(";"))
    made = timegm(time.strptime(timestamp, auth.SIGV4_TIMESTAMP))
    times = made - _SKEW_SECONDS, made + lasts
    return Signature(access_key, region, service, token, timestamp, names, presigned, value, *times)


def _old(query: dict[str, str]) -> Signature:
    """Return the signature of S3's older form of a presigned URL, which names no headers."""
    key, value, expires = query["AWSAccessKeyId"], query["Signature"], query["Expires"]
    token = query.get("x-amz-security-token")
    return Signature(key, "", "s3", token, expires, (), True, value, 0, float(expires))


def _sign(environ: WSGIEnvironment, found: Signature, keys: Keys) -> str:
    scheme, netloc, path, query, _ = _url(environ)
    parameters = parse_qsl(query, keep_blank_values=True)
    request = AWSRequest(
        environ["REQUEST_METHOD"],
        f"{scheme}://{netloc}{path}",
        headers={name: _header(environ, name) for name in found.headers},
        params=[one for one in parameters if one[0] != "X-Amz-Signature"],
        data=_body(environ),
    )
    request.context["timestamp"] = found.timestamp
    signer = _signer(found)(keys, found.service, found.region)
    text = signer.string_to_sign(request, signer.canonical_request(request))
    made: str = signer.signature(text, request)
    return made


def _signer(found: Signature) -> Any:
    if found.service == "s3":
        return auth.S3SigV4QueryAuth if found.presigned else auth.S3SigV4Auth
    return auth.SigV4QueryAuth if found.presigned else auth.SigV4Auth


def _sign_old(environ: WSGIEnvironment, found: Signature, keys: Keys) -> str:
    url = _url(environ)
    headers = {name: _header(environ, name) for name in ("content-md5", "content-type")}
    parameters = parse_qsl(url.query, keep_blank_values=True)
    headers |= {name: value for name, value in parameters if name.startswith("x-amz-")}
    request = AWSRequest(headers={name: value for name, value in headers.items() if value})
    made: str = _OldSigner(keys, found.timestamp).get_signature(
        environ["REQUEST_METHOD"], url, request.headers
    )
    return made


class _OldSigner(auth.HmacV1QueryAuth):  # type: ignore[misc]
    """Signer of an older presigned URL that ends at a given time, not some time from now."""

    def _get_date(self) -> str:
        return str(self._expires)


def _url(environ: WSGIEnvironment) -> Any:
    """Return the parts of the request's URL as it was sent, with its escapes."""
    target = environ["RAW_URI"]
    return urlsplit(target if "://" in target[:8] else f"http://{environ['HTTP_HOST']}{target}")


def _header(environ: WSGIEnvironment, name: str) -> str:
    key = name.upper().replace("-", "_")
    value = environ.get(key if name in _WITHOUT_PREFIX else f"HTTP_{key}", "")
    return str(value).encode("latin-1").decode("utf-8", "replace")


def _body(environ: WSGIEnvironment) -> bytes:
    environ["wsgi.input"].seek(0)
    body: bytes = environ["wsgi.input"].read()
    environ["wsgi.input"].seek(0)
    return body
