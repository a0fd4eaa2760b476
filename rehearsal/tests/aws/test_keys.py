"""KMS keys that AWS refuses to encrypt a file system or a cluster's secrets with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import boto3
import pytest

from rehearsal.aws.server import Handle
from tests.accounts import CLIENT

UNKNOWN = "11111111-2222-3333-4444-555555555555"
ACCOUNT_ID = "123456789012"


def disabled(aws: Any) -> str:
    key = aws.kms.create_key()["KeyMetadata"]
    aws.kms.disable_key(KeyId=key["KeyId"])
    return str(key["Arn"])


def leaving(aws: Any) -> str:
    key = aws.kms.create_key()["KeyMetadata"]
    aws.kms.schedule_key_deletion(KeyId=key["KeyId"], PendingWindowInDays=7)
    return str(key["Arn"])


def asymmetric(aws: Any) -> str:
    made = aws.kms.create_key(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")
    return str(made["KeyMetadata"]["Arn"])


BAD: dict[str, tuple[Callable[[Any], str], str]] = {
    "unknown id": (lambda _: UNKNOWN, "does not exist"),
    "unknown": (
        lambda _: f"arn:aws:kms:us-west-2:{ACCOUNT_ID}:key/{UNKNOWN}",
        "does not exist",
    ),
    "unknown alias": (lambda _: "alias/none", "does not exist"),
    "another form": (lambda _: f"arn:aws:s3:::{UNKNOWN}", "Invalid arn"),
    "half an ARN": (lambda _: "arn:aws:kms", "Invalid arn"),
    "of another Region": (
        lambda aws: aws.kms.create_key()["KeyMetadata"]["Arn"].replace("us-west-2", "eu-west-1"),
        "Invalid arn eu-west-1",
    ),
    "disabled": (disabled, "is Disabled"),
    "going": (leaving, "is PendingDeletion"),
    "asymmetric": (asymmetric, "is no symmetric key"),
}


@pytest.fixture(params=BAD)
def bad(request: pytest.FixtureRequest, aws: Any) -> tuple[str, str]:
    """A key, and what AWS says of it."""
    make, said = BAD[request.param]
    return make(aws), said


def lustre(aws: Any, key: str) -> dict[str, Any]:
    vpc = aws.vpc()
    return {
        "FileSystemType": "LUSTRE",
        "StorageCapacity": 1200,
        "KmsKeyId": key,
        "SubnetIds": [aws.subnet(vpc)],
        "SecurityGroupIds": [aws.lustre_group(vpc)],
        "LustreConfiguration": {"DeploymentType": "PERSISTENT_1", "PerUnitStorageThroughput": 50},
    }


def test_fsx_refuses_it_and_makes_nothing(aws: Any, bad: tuple[str, str], refused: Any) -> None:
    key, said = bad
    refused("BadRequest", aws.fsx.create_file_system, said, **lustre(aws, key))
    assert aws.fsx.describe_file_systems()["FileSystems"] == []


def test_efs_refuses_it_and_makes_nothing(aws: Any, bad: tuple[str, str], refused: Any) -> None:
    key, said = bad
    said = said if said != "Invalid arn" else "KmsKeyId"  # its form is a rule of EFS's own
    create = aws.efs.create_file_system
    refused("BadRequest", create, said, CreationToken="token", Encrypted=True, KmsKeyId=key)
    assert aws.efs.describe_file_systems()["FileSystems"] == []


def test_eks_refuses_it_and_makes_nothing(aws: Any, bad: tuple[str, str], refused: Any) -> None:
    key, said = bad
    encryption = [{"resources": ["secrets"], "provider": {"keyArn": key}}]
    subnets = aws.subnets(aws.vpc())
    refused(
        "InvalidParameterException",
        aws.cluster,
        said,
        subnets=subnets,
        encryptionConfig=encryption,
    )
    assert aws.eks.list_clusters()["clusters"] == []


def test_efs_takes_a_key_for_a_file_system_that_is_encrypted(aws: Any, refused: Any) -> None:
    key = aws.kms.create_key()["KeyMetadata"]["Arn"]
    create = aws.efs.create_file_system
    refused("BadRequest", create, "must be True", CreationToken="token", KmsKeyId=key)


@pytest.mark.parametrize("form", ["id", "ARN", "alias", "alias ARN", "of the service"])
def test_a_key_is_named_in_every_way_that_kms_knows(aws: Any, form: str) -> None:
    made = aws.kms.create_key()["KeyMetadata"]
    aws.kms.create_alias(AliasName="alias/mine", TargetKeyId=made["KeyId"])
    key = {
        "id": made["KeyId"],
        "ARN": made["Arn"],
        "alias": "alias/mine",
        "alias ARN": f"arn:aws:kms:us-west-2:{ACCOUNT_ID}:alias/mine",
        "of the service": "alias/aws/fsx",
    }[form]
    aws.efs.create_file_system(CreationToken="token", Encrypted=True, KmsKeyId=key)
    aws.fsx.create_file_system(**lustre(aws, key))


def test_a_key_of_the_other_region_serves_there(cloud: Handle, refused: Any) -> None:
    def client(service: str, region: str) -> Any:
        return boto3.client(
            service,
            endpoint_url=cloud.url,
            region_name=region,
            **CLIENT,
        )

    key = client("kms", "eu-west-1").create_key()["KeyMetadata"]["Arn"]
    settings = {"CreationToken": "token", "Encrypted": True, "KmsKeyId": key}
    refused("BadRequest", client("efs", "us-west-2").create_file_system, "eu-west-1", **settings)
    client("efs", "eu-west-1").create_file_system(**settings)
