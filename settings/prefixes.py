"""Prefixes in S3 that a config names, listed with the stack's own credentials.

boto3 is imported only for a config that names a prefix.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pulumi

from components.data_source_spec import S3Prefix
from components.kubeconfig import Credentials
from components.prefix_listing import PrefixListing, list_prefix, read_manifest
from components.spec.errors import Path

REPORTED_OBJECTS = 100_000
"""Objects of a listing between two lines of its progress."""
SESSION_NAME = "eks-ml-storage-listing"
NO_ACCESS = frozenset({"AccessDenied", "403", "AllAccessDisabled", "Forbidden"})
NO_BUCKET = frozenset({"NoSuchBucket"})
NOT_FOUND = frozenset({"404", "NoSuchKey", "NotFound"})


@dataclass(frozen=True)
class PrefixQuery:
    """Prefix whose content is asked for."""

    place: S3Prefix
    """Bucket and prefix."""
    manifest: str | None = None
    """Key of the object whose ETag tells the content; None to list the prefix."""
    folders: tuple[str, ...] = ()
    """Folders below the prefix in which there must be objects, no slash at either end."""


@dataclass(frozen=True)
class Unreadable:
    """Reason for which a prefix could not be listed."""

    rule: str
    """Rule that it breaks."""
    remedy: str
    """Advice to the user."""


Found = PrefixListing | Unreadable
ReadPrefixes = Callable[[Mapping[Path, PrefixQuery], str, Credentials], Mapping[Path, Found]]
"""Function of queries by the key that asks, the stack's Region and its credentials."""


def read_prefixes(
    queries: Mapping[Path, PrefixQuery], region: str, credentials: Credentials
) -> dict[Path, Found]:
    """Return the content of each prefix, or the reason for which it cannot be read.

    Args:
        queries: Prefixes by the key that asks for them; equal queries are read once.
        region: Region of the stack.
        credentials: Credentials that the config names.
    """
    if not queries:
        return {}
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

    try:
        client = s3_client(region, credentials)
    except (BotoCoreError, ClientError) as error:
        rule = "S3 is asked with the stack's credentials, and there are none"
        return dict.fromkeys(queries, Unreadable(rule, f"log in to AWS: {_one_line(error)}"))
    known: dict[PrefixQuery, Found] = {}
    for query in queries.values():
        if query not in known:
            known[query] = _read(client, query)
    return {path: known[query] for path, query in queries.items()}


def s3_client(region: str, credentials: Credentials) -> Any:
    """Return an S3 client with the stack's credentials.

    Raises:
        botocore.exceptions.BotoCoreError: The config names a profile that does not exist.
        botocore.exceptions.ClientError: The role that the config names cannot be assumed.
    """
    import boto3  # noqa: PLC0415 (only a config with a prefix needs it)
    import botocore.session  # noqa: PLC0415
    from botocore.config import Config  # noqa: PLC0415

    given = credentials.environment
    session = botocore.session.Session(profile=credentials.profile)
    for variable, setting in (
        ("AWS_CONFIG_FILE", "config_file"),
        ("AWS_SHARED_CREDENTIALS_FILE", "credentials_file"),
    ):
        if variable in given:
            session.set_config_variable(setting, given[variable])
    own = boto3.Session(
        botocore_session=session,
        region_name=region,
        aws_access_key_id=given.get("AWS_ACCESS_KEY_ID"),
        aws_secret_access_key=given.get("AWS_SECRET_ACCESS_KEY"),
        aws_session_token=given.get("AWS_SESSION_TOKEN"),
    )
    config = Config(retries={"mode": "standard", "max_attempts": 10}, connect_timeout=10)
    if credentials.role_arn is None:
        return _without_times(session, own).client("s3", config=config)
    assumed = own.client("sts").assume_role(
        RoleArn=credentials.role_arn, RoleSessionName=SESSION_NAME
    )["Credentials"]
    session = botocore.session.Session()
    role = boto3.Session(
        botocore_session=session,
        region_name=region,
        aws_access_key_id=assumed["AccessKeyId"],
        aws_secret_access_key=assumed["SecretAccessKey"],
        aws_session_token=assumed["SessionToken"],
    )
    return _without_times(session, role).client("s3", config=config)


def _without_times(session: Any, own: Any) -> Any:
    # Half of the time of a listing is that of parsing each object's time, which nobody reads.
    session.get_component("response_parser_factory").set_parser_defaults(timestamp_parser=str)
    return own


def _read(client: Any, query: PrefixQuery) -> Found:
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

    place, folders = query.place, query.folders
    try:
        if query.manifest is not None:
            return read_manifest(client, place.bucket, place.prefix, query.manifest, folders)
        return list_prefix(client, place.bucket, place.prefix, folders, _progress(place))
    except ClientError as error:
        return refusal(query, error.response.get("Error", {}).get("Code", ""), error)
    except BotoCoreError as error:
        rule = "S3 must answer the stack's credentials: it tells what the prefix holds"
        return Unreadable(rule, f"check them with `aws s3 ls {place.uri}`: {_one_line(error)}")


def refusal(query: PrefixQuery, code: str, error: Exception) -> Unreadable:
    """Return the reason of an error of S3.

    HeadBucket and HeadObject answer 404 and 403 without a code.

    Args:
        query: Query that S3 refuses.
        code: Code of the error, such as AccessDenied.
        error: The error.
    """
    bucket, operation = query.place.bucket, getattr(error, "operation_name", "")
    if code in NO_BUCKET or (code in NOT_FOUND and operation != "HeadObject"):
        return Unreadable(f"there is no bucket {bucket}", "check its name, or create it first")
    if code in NOT_FOUND:
        rule = f"there is no object {query.manifest} in the bucket {bucket}"
        return Unreadable(rule, "write the manifest first, or remove `manifest`")
    if code in NO_ACCESS:
        actions = "s3:ListBucket" + (" and s3:GetObject" if query.manifest else "")
        rule = f"the stack's credentials need {actions} on the bucket {bucket}"
        return Unreadable(rule, "grant it to them, in the bucket's policy too if it is another's")
    return Unreadable("S3 must list it", f"look with `aws s3 ls`: {_one_line(error)}")


def _progress(place: S3Prefix) -> Callable[[int], None]:
    reported = 0

    def on_page(objects: int) -> None:
        nonlocal reported
        if objects - reported >= REPORTED_OBJECTS:
            reported = objects
            pulumi.log.info(f"{place.uri}: {objects:,} objects listed so far", ephemeral=True)

    return on_page


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())
