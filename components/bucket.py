"""The data bucket: datasets in, models out."""

import pulumi
import pulumi_aws as aws

from components.dataset import Dataset
from components.policies import Statement, use_key
from components.private_bucket import PrivateBucketArgs, RemovalArgs, private_bucket


class BucketArgs(PrivateBucketArgs):
    """What a Bucket is made of."""

    existing: str | None
    """The name of a bucket that exists: it is used as it is and nothing of it is changed."""
    datasets: dict[str, dict[str, str]]
    """Files to put in it: for each dataset the path of one for each of its channels."""


class Bucket(pulumi.ComponentResource):
    """A private bucket, or one that exists.

    Nothing here notifies on its events: FSx keeps its automatic import in the bucket's
    notification configuration, which a notification of ours would replace. What is to be noticed
    comes in by an Inbox.
    """

    name: pulumi.Output[str]
    arn: pulumi.Output[str]
    kms_key_arn: str | None
    """ARN of the KMS key that encrypts its objects; S3's own key when None."""
    use_key: list[Statement]
    """What whoever reads or writes its objects has to be allowed of its key."""
    removal: RemovalArgs
    """What it takes for it to go, and for any bucket that is made beside it."""
    datasets: dict[str, Dataset]
    objects: list[pulumi.Resource]
    """The files of all datasets."""

    def __init__(
        self, name: str, args: BucketArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("eks-ml-storage:data:Bucket", name, {}, opts)
        child = pulumi.ResourceOptions(parent=self)
        self.kms_key_arn = args["kms_key_arn"]
        self.use_key = use_key(self.kms_key_arn, "s3") if self.kms_key_arn else []
        self.removal = {"force_destroy": args["force_destroy"], "protect": args["protect"]}
        if args["existing"] is not None:
            found = aws.s3.get_bucket_output(
                bucket=args["existing"], opts=pulumi.InvokeOutputOptions(parent=self)
            )
            self.name, self.arn = found.bucket, found.arn
        else:
            bucket = private_bucket(name, args, self)
            self.name, self.arn = bucket.bucket, bucket.arn
        self.datasets = {
            dataset: Dataset(
                f"{name}-{dataset}",
                {"name": dataset, "bucket_name": self.name, "channels": channels},
                child,
            )
            for dataset, channels in args["datasets"].items()
        }
        self.objects = [each for dataset in self.datasets.values() for each in dataset.objects]
        self.register_outputs({"name": self.name, "arn": self.arn})
