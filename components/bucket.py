"""The data bucket: datasets in, models out."""

from typing import TypedDict

import pulumi
import pulumi_aws as aws

from components.dataset import Dataset
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


class BucketArgs(TypedDict):
    """What a Bucket is made of."""

    existing: str | None
    """The name of a bucket that exists: it is used as it is and nothing of it is changed."""
    name: str | None
    """The name of the bucket to create; one is made up when None."""
    versioning: bool
    """Whether replaced and deleted objects are kept as versions."""
    force_destroy: bool
    """Whether destroying the stack deletes the objects too."""
    lifecycle: list[LifecycleRuleArgs]
    """Rules beside the one that clears up unfinished uploads."""
    datasets: dict[str, dict[str, str]]
    """Files to put in it: for each dataset the path of one for each of its channels."""
    protect: bool
    """Whether Pulumi refuses to delete the bucket."""


class Bucket(pulumi.ComponentResource):
    """A private, versioned, encrypted bucket, or one that exists.

    Nothing here notifies on its events: FSx keeps its automatic import in the bucket's
    notification configuration, which a notification of ours would replace.
    """

    name: pulumi.Output[str]
    arn: pulumi.Output[str]
    datasets: dict[str, Dataset]
    objects: list[pulumi.Resource]
    """The files of all datasets."""

    def __init__(
        self, name: str, args: BucketArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("eks-ml-storage:data:Bucket", name, {}, opts)
        self._name, self._child = name, pulumi.ResourceOptions(parent=self)
        if args["existing"] is not None:
            found = aws.s3.get_bucket_output(
                bucket=args["existing"], opts=pulumi.InvokeOutputOptions(parent=self)
            )
            self.name, self.arn = found.bucket, found.arn
        else:
            bucket = aws.s3.Bucket(
                f"{name}-bucket",
                bucket=args["name"],
                force_destroy=args["force_destroy"],
                opts=pulumi.ResourceOptions(parent=self, protect=args["protect"]),
            )
            self.name, self.arn = bucket.bucket, bucket.arn
            self._close()
            self._age(args)
        self.datasets = {
            dataset: Dataset(
                f"{name}-{dataset}",
                {"name": dataset, "bucket_name": self.name, "channels": channels},
                self._child,
            )
            for dataset, channels in args["datasets"].items()
        }
        self.objects = [each for dataset in self.datasets.values() for each in dataset.objects]
        self.register_outputs({"name": self.name, "arn": self.arn})

    def _close(self) -> None:
        """Encryption at rest, no public access, no ACLs, TLS only."""
        aws.s3.BucketServerSideEncryptionConfiguration(
            f"{self._name}-encryption",
            bucket=self.name,
            rules=[{"apply_server_side_encryption_by_default": {"sse_algorithm": "AES256"}}],
            opts=self._child,
        )
        aws.s3.BucketOwnershipControls(
            f"{self._name}-ownership",
            bucket=self.name,
            rule={"object_ownership": "BucketOwnerEnforced"},
            opts=self._child,
        )
        block = aws.s3.BucketPublicAccessBlock(
            f"{self._name}-public-access",
            bucket=self.name,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
            opts=self._child,
        )
        aws.s3.BucketPolicy(
            f"{self._name}-policy",
            bucket=self.name,
            policy=pulumi.Output.json_dumps(tls_only(self.arn)),
            # S3 refuses two changes of a bucket's access at the same time.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[block]),
        )

    def _age(self, args: BucketArgs) -> None:
        """Versions, and the rules by which objects and versions move and end."""
        versioning = aws.s3.BucketVersioning(
            f"{self._name}-versioning",
            bucket=self.name,
            versioning_configuration={"status": "Enabled" if args["versioning"] else "Suspended"},
            opts=self._child,
        )
        aws.s3.BucketLifecycleConfiguration(
            f"{self._name}-lifecycle",
            bucket=self.name,
            rules=lifecycle_rules(args["lifecycle"]),
            # Rules for versions are refused before there are versions.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[versioning]),
        )


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
