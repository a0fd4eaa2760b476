"""Tags in the formats of AWS's services."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from rehearsal.pulumi.providers.aws.call import Call
from rehearsal.pulumi.providers.aws.declaration import Tagging


def pairs(tags: Mapping[str, str] | None) -> list[dict[str, str]]:
    """Return tags as a list of pairs, [{"Key": ..., "Value": ...}]."""
    return [{"Key": key, "Value": str(value)} for key, value in (tags or {}).items()]


def plain(found: Iterable[Mapping[str, str]] | None, prefix: str = "") -> dict[str, str]:
    """Return pairs as a map, without the tags that AWS itself sets (`aws:...`)."""
    tags = {one[f"{prefix}Key"]: one[f"{prefix}Value"] for one in found or ()}
    return without_aws_tags(tags)


def without_aws_tags(tags: Mapping[str, str] | None) -> dict[str, str]:
    """Return the tags that are not AWS's own."""
    return {key: value for key, value in (tags or {}).items() if not key.startswith("aws:")}


def specification(call: Call, kind: str) -> dict[str, Any]:
    """Return the argument that tags a new EC2 resource of the kind; empty without tags."""
    tags = pairs(call.inputs.get("tags"))
    return {"TagSpecifications": [{"ResourceType": kind, "Tags": tags}]} if tags else {}


def _write_ec2(call: Call, tags: dict[str, str]) -> None:
    call.client("ec2").create_tags(Resources=[call.id], Tags=pairs(tags))


def _remove_ec2(call: Call, keys: list[str]) -> None:
    call.client("ec2").delete_tags(Resources=[call.id], Tags=[{"Key": key} for key in keys])


EC2 = Tagging(_write_ec2, _remove_ec2)


def by_arn(service: str, argument: str, *, as_pairs: bool, keys: str, arn: str = "arn") -> Tagging:
    """Return the tagging by the service's TagResource and UntagResource.

    Args:
        service: Name of the service in boto3.
        argument: Name of the argument that takes the ARN (or id).
        as_pairs: True if tags are sent as pairs, else they are a map under "tags".
        keys: Name of the argument that takes the keys to remove.
        arn: Name of the output that holds the ARN.
    """

    def write(call: Call, tags: dict[str, str]) -> None:
        given: dict[str, Any] = {"Tags": pairs(tags)} if as_pairs else {"tags": tags}
        call.client(service).tag_resource(**{argument: call.outputs[arn]}, **given)

    def remove(call: Call, names: list[str]) -> None:
        call.client(service).untag_resource(**{argument: call.outputs[arn], keys: names})

    return Tagging(write, remove)
