"""Private bucket, used for the data bucket and for the inbox."""

from collections.abc import Sequence

import pulumi
import pulumi_aws as aws

from components.bucket_spec import BucketSpec, LifecycleRuleSpec
from components.iam import Document, document

LifecycleRule = aws.s3.BucketLifecycleConfigurationRuleArgsDict
EncryptionRule = aws.s3.BucketServerSideEncryptionConfigurationRuleArgsDict


def private_bucket(
    name: str, spec: BucketSpec, parent: pulumi.ComponentResource, *, protect: bool
) -> aws.s3.Bucket:
    """Create an encrypted bucket without public access, with lifecycle rules.

    Args:
        name: Beginning of the names of its resources.
        spec: Settings of a bucket to create.
        parent: Component that its resources are children of.
        protect: True if Pulumi must refuse to delete the bucket.
    """
    child = pulumi.ResourceOptions(parent=parent)
    bucket = aws.s3.Bucket(
        f"{name}-bucket",
        bucket=spec.name,
        force_destroy=spec.force_destroy,
        opts=pulumi.ResourceOptions(parent=parent, protect=protect),
    )
    aws.s3.BucketServerSideEncryptionConfiguration(
        f"{name}-encryption",
        bucket=bucket.bucket,
        rules=[encryption(spec.kms_key_arn)],
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
    versioning = aws.s3.BucketVersioning(
        f"{name}-versioning",
        bucket=bucket.bucket,
        versioning_configuration={"status": "Enabled" if spec.versioning else "Suspended"},
        opts=child,
    )
    aws.s3.BucketLifecycleConfiguration(
        f"{name}-lifecycle",
        bucket=bucket.bucket,
        rules=lifecycle_rules(spec.lifecycle),
        # S3 refuses rules for versions of a bucket that has none.
        opts=pulumi.ResourceOptions(parent=parent, depends_on=[versioning]),
    )
    return bucket


def encryption(kms_key_arn: str | None) -> EncryptionRule:
    """Return S3's rule for objects that are put without a request for encryption.

    With a customer's key, a bucket key saves most of the requests to KMS.
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
    """Return a bucket policy that refuses every request made without TLS."""
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


def lifecycle_rules(rules: Sequence[LifecycleRuleSpec]) -> list[LifecycleRule]:
    """Return the rules in S3's form, with one that ends unfinished multipart uploads."""
    abort: LifecycleRule = {
        "id": "abort-unfinished-uploads",
        "status": "Enabled",
        "filter": {"prefix": ""},
        "abort_incomplete_multipart_upload": {"days_after_initiation": 7},
    }
    return [abort, *(_lifecycle_rule(number, rule) for number, rule in enumerate(rules))]


def _lifecycle_rule(number: int, spec: LifecycleRuleSpec) -> LifecycleRule:
    # S3 takes no empty parts.
    rule: LifecycleRule = {
        "id": f"{number}-{spec.prefix.strip('/').replace('/', '-') or 'bucket'}",
        "status": "Enabled",
        "filter": {"prefix": spec.prefix},
    }
    if spec.transitions:
        rule["transitions"] = [
            {"days": transition.days, "storage_class": transition.storage_class}
            for transition in spec.transitions
        ]
    if spec.expiration_days:
        rule["expiration"] = {"days": spec.expiration_days}
    if spec.noncurrent_expiration_days:
        rule["noncurrent_version_expiration"] = {"noncurrent_days": spec.noncurrent_expiration_days}
    return rule
