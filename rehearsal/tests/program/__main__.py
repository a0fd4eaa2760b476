"""Create a bucket, and export its name."""

import pulumi
import pulumi_aws as aws

bucket = aws.s3.Bucket("data", force_destroy=True)
pulumi.export("bucket", bucket.bucket)
pulumi.export("cluster", pulumi.Config().get_object("cluster"))
