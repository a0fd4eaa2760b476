"""S3 buckets, without the settings that have types of their own since pulumi-aws 7."""

from __future__ import annotations

from botocore.exceptions import ClientError

from rehearsal.pulumi.providers.aws import errors
from rehearsal.pulumi.providers.aws.call import Call, without_none
from rehearsal.pulumi.providers.aws.declaration import Naming, Resource, State, Tagging, Timeouts
from rehearsal.pulumi.providers.aws.services.s3.versions import delete_versions
from rehearsal.pulumi.providers.aws.tags import pairs, plain

# Route 53's zone of the website endpoints in a region (AWS General Reference, S3 endpoints).
HOSTED_ZONES = {
    "ap-northeast-1": "Z2M4EHUR26P7ZW",
    "ap-southeast-1": "Z3O0J2DXBE1FTB",
    "ap-southeast-2": "Z1WCIGYICN2BYD",
    "eu-central-1": "Z21DNDUVLTQW6Q",
    "eu-west-1": "Z1BKCTXD74EZPE",
    "us-east-1": "Z3AQBSTGFYJSTF",
    "us-east-2": "Z2O1EMRO9K5GLX",
    "us-west-1": "Z2F56UZL2M1ACD",
    "us-west-2": "Z3BJ6K6RIION7M",
}


def _create(call: Call) -> str:
    name = str(call.inputs["bucket"])
    where = {"CreateBucketConfiguration": {"LocationConstraint": call.region}}
    call.client("s3").create_bucket(
        Bucket=name,
        **(where if call.region != "us-east-1" else {}),
        **without_none(ObjectLockEnabledForBucket=call.inputs.get("objectLockEnabled") or None),
    )
    return name


def _configure(call: Call) -> None:
    if call.inputs.get("tags"):
        _write_tags(call, call.inputs["tags"])


def _read(call: Call) -> State | None:
    s3, name = call.client("s3"), call.id
    s3.head_bucket(Bucket=name)
    suffix = "amazonaws.com.cn" if call.partition == "aws-cn" else "amazonaws.com"
    return without_none(
        bucket=name,
        arn=f"arn:{call.partition}:s3:::{name}",
        bucketDomainName=f"{name}.s3.{suffix}",
        bucketRegion=call.region,
        bucketRegionalDomainName=f"{name}.s3.{call.region}.{suffix}",
        hostedZoneId=HOSTED_ZONES.get(call.region),
        objectLockEnabled=_has_object_lock(call),
        tags=_tags(call),
    )


def _has_object_lock(call: Call) -> bool:
    try:
        found = call.client("s3").get_object_lock_configuration(Bucket=call.id)
    except ClientError as error:
        if errors.code(error) == "ObjectLockConfigurationNotFoundError":
            return False
        raise
    return bool(found["ObjectLockConfiguration"].get("ObjectLockEnabled") == "Enabled")


def _tags(call: Call) -> dict[str, str]:
    try:
        return plain(call.client("s3").get_bucket_tagging(Bucket=call.id)["TagSet"])
    except ClientError as error:
        if errors.code(error) == "NoSuchTagSet":
            return {}
        raise


def _write_tags(call: Call, tags: dict[str, str]) -> None:
    """Write the bucket's tags all together, as S3 requires."""
    _put_tags(call, _tags(call) | tags)


def _remove_tags(call: Call, keys: list[str]) -> None:
    kept = {key: value for key, value in _tags(call).items() if key not in keys}
    if kept:
        _put_tags(call, kept)
    else:
        call.client("s3").delete_bucket_tagging(Bucket=call.id)


def _put_tags(call: Call, tags: dict[str, str]) -> None:
    call.client("s3").put_bucket_tagging(Bucket=call.id, Tagging={"TagSet": pairs(tags)})


def _delete(call: Call) -> None:
    """Delete the bucket; empty it first only if the program set `forceDestroy`."""
    s3 = call.client("s3")
    try:
        s3.delete_bucket(Bucket=call.id)
    except ClientError as error:
        if errors.code(error) != "BucketNotEmpty" or not call.inputs.get("forceDestroy"):
            raise
        delete_versions(s3, call.id)
        s3.delete_bucket(Bucket=call.id)


BUCKET = Resource(
    token="aws:s3/bucket:Bucket",
    service="S3",
    noun="S3 Bucket",
    naming=Naming("bucket", most=63, lower=True),
    replaces={"bucket", "bucketPrefix", "objectLockEnabled"},
    updates={"forceDestroy"},
    computed={"objectLockEnabled"},
    defaults={"forceDestroy": False},
    tagging=Tagging(_write_tags, _remove_tags),
    timeouts=Timeouts(create=20 * 60, update=20 * 60, delete=60 * 60),
    create=_create,
    configure=_configure,
    read=_read,
    delete=_delete,
)
