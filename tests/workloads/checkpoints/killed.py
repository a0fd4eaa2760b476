"""What the fork server imports, so that a process of the test begins with everything loaded."""

import os

import boto3

from workloads.checkpoint_sync import main

boto3.client("s3", region_name="us-east-1")  # reads what boto3 knows of S3, once


def run(arguments: list[str], endpoint: str) -> None:
    """Run the command against a server, silently."""
    os.environ["AWS_ENDPOINT_URL"] = endpoint
    os.environ["AWS_ACCESS_KEY_ID"] = os.environ["AWS_SECRET_ACCESS_KEY"] = "test"
    os.environ["AWS_DEFAULT_REGION"] = "us-east-1"
    main(arguments)
