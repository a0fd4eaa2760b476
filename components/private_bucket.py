"""A private bucket: what the data bucket and the inbox have in common."""

from typing import TypedDict

import pulumi
import pulumi_aws as aws

from components.policies import Document, document

Rule = aws.s3.BucketLifecycleConfigurationRuleArgsDict


class TransitionArgs(TypedDict):
    """When objects move to a cheaper storage class."""

    days: int
    """Days after an object's creation."""
    storage_class: str
    """STANDARD_IA, INTELLIGENT_TIERING, GLACIER_IR, GLACIER, DEEP_ARCHIVE and so on."""


class LifecycleRuleArgs(TypedDict):
    """What becomes of the objects under a prefix."""

    prefix: str
    """Key prefix; empty for the whole bucket."""
    transitions: list[TransitionArgs]
    """Moves to cheaper storage classes."""
    expiration_days: int | None
    """Days until objects are deleted."""
    noncurrent_expiration_days: int | None
    """Days until versions that are no longer current are deleted."""


class RemovalArgs(TypedDict):
    """What it takes for a bucket to go."""

    force_destroy: bool
    """Whether destroying the stack deletes the objects too."""
    protect: bool
    """Whether Pulumi refuses to delete the bucket."""


class PrivateBucketArgs(RemovalArgs):
    """What a private bucket is made of."""

    name: str | None
    """What it is called; a name is made up when None."""
    kms_key_arn: str | None
    """ARN of the KMS key that encrypts its objects; S3's own key when None."""
    versioning: bool
    """Whether replaced and deleted objects are kept as versions."""
    lifecycle: list[LifecycleRuleArgs]
    """Rules beside the one that clears up unfinished uploads."""


def private_bucket(
    name: str, args: PrivateBucketArgs, parent: pulumi.ComponentResource
) -> aws.s3.Bucket:
    """A bucket that is encrypted and open to nobody, with rules by which its objects age.

    Args:
        name: What the names of its resources begin with.
        args: What it is made of.
        parent: The component that they are children of.
    """
    bucket = aws.s3.Bucket(
        f"{name}-bucket",
        bucket=args["name"],
        force_destroy=args["force_destroy"],
        opts=pulumi.ResourceOptions(parent=parent, protect=args["protect"]),
    )
    _close(name, bucket, args["kms_key_arn"], parent)
    _age(name, bucket, args, parent)
    return bucket


def _close(
    name: str, bucket: aws.s3.Bucket, kms_key_arn: str | None, parent: pulumi.ComponentResource
) -> None:
    """Encryption at rest, no public access, no ACLs, TLS only."""
    child = pulumi.ResourceOptions(parent=parent)
    aws.s3.BucketServerSideEncryptionConfiguration(
        f"{name}-encryption",
        bucket=bucket.bucket,
        rules=[encryption(kms_key_arn)],
        opts=child,
    )
    aws.s3.BucketOwnershipControls(
        f"{name}-ownership",
        bucket=bucket.bucket,
        rule={"object_ownership": "BucketOwnerEnforced"},
        opts=child,
    )
    block = aws.s3.BucketPublicAccessBlock(
        f"{name}-public-access",
        bucket=bucket.bucket,
        block_public_acls=True,
        block_public_policy=True,
        ignore_public_acls=True,
        restrict_public_buckets=True,
        opts=child,
    )
    aws.s3.BucketPolicy(
        f"{name}-policy",
        bucket=bucket.bucket,
        policy=pulumi.Output.json_dumps(tls_only(bucket.arn)),
        # S3 refuses two changes of a bucket's access at the same time.
        opts=pulumi.ResourceOptions(parent=parent, depends_on=[block]),
    )


def _age(
    name: str, bucket: aws.s3.Bucket, args: PrivateBucketArgs, parent: pulumi.ComponentResource
) -> None:
    """Versions, and the rules by which objects and versions move and end."""
    versioning = aws.s3.BucketVersioning(
        f"{name}-versioning",
        bucket=bucket.bucket,
        versioning_configuration={"status": "Enabled" if args["versioning"] else "Suspended"},
        opts=pulumi.ResourceOptions(parent=parent),
    )
    aws.s3.BucketLifecycleConfiguration(
        f"{name}-lifecycle",
        bucket=bucket.bucket,
        rules=lifecycle_rules(args["lifecycle"]),
        # Rules for versions are refused before there are versions.
        opts=pulumi.ResourceOptions(parent=parent, depends_on=[versioning]),
    )


def encryption(
    kms_key_arn: str | None,
) -> aws.s3.BucketServerSideEncryptionConfigurationRuleArgsDict:
    """S3's rule for objects that are put without a word of encryption.

    With a customer's key, a key of the bucket's own saves most of the requests to KMS.
    """
    if kms_key_arn is None:
        return {"apply_server_side_encryption_by_default": {"sse_algorithm": "AES256"}}
    return {
        "apply_server_side_encryption_by_default": {
            "sse_algorithm": "aws:kms",
            "kms_master_key_id": kms_key_arn,
        },
        "bucket_key_enabled": True,
    }


def tls_only(bucket_arn: pulumi.Output[str]) -> Document:
    """A bucket policy that refuses every request made without TLS."""
    return document(
        {
            "Sid": "TlsOnly",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": [bucket_arn, pulumi.Output.concat(bucket_arn, "/*")],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }
    )


def lifecycle_rules(rules: list[LifecycleRuleArgs]) -> list[Rule]:
    """The rules in S3's shape, with one that ends unfinished multipart uploads."""
    abort: Rule = {
        "id": "abort-unfinished-uploads",
        "status": "Enabled",
        "filter": {"prefix": ""},
        "abort_incomplete_multipart_upload": {"days_after_initiation": 7},
    }
    return [abort, *(_lifecycle_rule(number, rule) for number, rule in enumerate(rules))]


def _lifecycle_rule(number: int, rule: LifecycleRuleArgs) -> Rule:
    """One rule in S3's shape, which has no empty parts."""
    shaped: Rule = {
        "id": f"{number}-{rule['prefix'].strip('/').replace('/', '-') or 'bucket'}",
        "status": "Enabled",
        "filter": {"prefix": rule["prefix"]},
    }
    if rule["transitions"]:
        shaped["transitions"] = [
            {"days": transition["days"], "storage_class": transition["storage_class"]}
            for transition in rule["transitions"]
        ]
    if rule["expiration_days"]:
        shaped["expiration"] = {"days": rule["expiration_days"]}
    if rule["noncurrent_expiration_days"]:
        shaped["noncurrent_version_expiration"] = {
            "noncurrent_days": rule["noncurrent_expiration_days"]
        }
    return shaped
