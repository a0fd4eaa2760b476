"""The data bucket, which holds datasets, models and checkpoints."""

from collections.abc import Mapping, Sequence
from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from components.bucket_spec import BucketSpec
from components.datasets import Dataset, LocalModel
from components.iam import Statement, read_objects, use_key, write_objects
from components.private_bucket import private_bucket


class BucketArgs(TypedDict):
    """Arguments of `Bucket`."""

    spec: BucketSpec
    """Name, encryption, lifecycle and datasets."""
    datasets: NotRequired[Mapping[str, Mapping[str, Sequence[str]]]]
    """Local files and folders of each channel of further datasets, by name; none by default."""
    models: NotRequired[Mapping[str, Sequence[str]]]
    """Local files and folders of models, by name; none by default."""
    protect: NotRequired[bool]
    """True if Pulumi must refuse to delete the bucket; false by default."""


class Bucket(pulumi.ComponentResource):
    """A private bucket, or an existing one, and the datasets in it.

    It has no notification configuration: FSx keeps its automatic import there, which one of ours
    would replace. New data that is to be noticed is put into an `Inbox`.
    """

    name: pulumi.Output[str]
    """Name of the bucket."""
    arn: pulumi.Output[str]
    """ARN of the bucket."""
    kms_key_arn: str | None
    """ARN of the KMS key that encrypts its objects; None for S3's own key."""
    use_key: list[Statement]
    """IAM statements that allow the use of that key; none for S3's own key."""
    datasets: dict[str, Dataset]
    """Datasets of local files, by name."""
    models: dict[str, LocalModel]
    """Models of local files, by name."""

    def __init__(
        self, name: str, args: BucketArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("eks-ml-storage:data:Bucket", name, {}, opts)
        spec = args["spec"]
        self.kms_key_arn = spec.kms_key_arn
        self.use_key = use_key(spec.kms_key_arn, "s3") if spec.kms_key_arn else []
        if spec.existing is None:
            bucket = private_bucket(name, spec, self, protect=args.get("protect", False))
            self.name, self.arn = bucket.bucket, bucket.arn
        else:
            found = aws.s3.get_bucket_output(
                bucket=spec.existing, opts=pulumi.InvokeOutputOptions(parent=self)
            )
            self.name, self.arn = found.bucket, found.arn
        child = pulumi.ResourceOptions(parent=self)
        declared = {key: it.channels for key, it in spec.datasets.items()}
        self.datasets = {
            dataset: Dataset(
                f"{name}-{dataset}",
                {"name": dataset, "bucket_name": self.name, "channels": {**channels}},
                child,
            )
            for dataset, channels in {**declared, **args.get("datasets", {})}.items()
        }
        self.models = {
            model: LocalModel(
                f"{name}-model-{model}",
                {"name": model, "bucket_name": self.name, "paths": paths},
                child,
            )
            for model, paths in args.get("models", {}).items()
        }
        self.register_outputs({"name": self.name, "arn": self.arn})

    def grant_read(self, *prefixes: pulumi.Input[str]) -> list[Statement]:
        """Return IAM statements that allow listing and reading objects under prefixes."""
        return [*read_objects(self.arn, prefixes), *self.use_key]

    def grant_write(self, *prefixes: pulumi.Input[str]) -> list[Statement]:
        """Return IAM statements that allow putting and deleting objects under prefixes."""
        return [*write_objects(self.arn, prefixes), *self.use_key]
