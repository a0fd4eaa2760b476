"""Headers of an object that moto takes and S3 refuses.

Source: S3 User Guide, "Working with object metadata" (2 KB of user-defined metadata) and
"Controlling ownership of objects and disabling ACLs".
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote

from moto.s3.models import s3_backends
from werkzeug.wrappers import Response

from rehearsal.aws.refusals import refusal_of, service_of
from rehearsal.paths import ACCOUNT_ID

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

METADATA = "HTTP_X_AMZ_META_"
MOST_METADATA = 2048
WITHOUT_LISTS = ("", "private", "bucket-owner-full-control")


def refusal(environ: WSGIEnvironment) -> Response | None:
    """Return the error for a PUT whose headers S3 refuses; None if there is none."""
    if environ["REQUEST_METHOD"] != "PUT" or service_of(environ) != "s3":
        return None
    given = [(key.removeprefix(METADATA), environ[key]) for key in environ if METADATA in key]
    if sum(len(key) + len(str(value)) for key, value in given) > MOST_METADATA:
        message = "Your metadata headers exceed the maximum allowed metadata size"
        return refusal_of(environ, 400, "MetadataTooLarge", message)
    if environ.get("HTTP_X_AMZ_ACL", "") not in WITHOUT_LISTS and _has_no_lists(environ):
        message = "The bucket does not allow ACLs"
        return refusal_of(environ, 400, "AccessControlListNotSupported", message)
    return None


def _has_no_lists(environ: WSGIEnvironment) -> bool:
    """Return whether the access control lists of the request's bucket are disabled."""
    name = unquote(environ["PATH_INFO"]).lstrip("/").split("/")[0]
    bucket = s3_backends[ACCOUNT_ID]["aws"].buckets.get(name)
    return bucket is not None and "BucketOwnerEnforced" in str(bucket.ownership_rule)
