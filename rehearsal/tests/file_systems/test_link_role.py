"""A link to a bucket that a customer's KMS key encrypts, with and without the right to use it."""

from __future__ import annotations

import json

import pytest
from botocore.exceptions import ClientError

from rehearsal.file_systems import exporting
from rehearsal.file_systems.link_role import LinkStorage
from rehearsal.file_systems.objects import UnreadableError
from tests.file_systems.conftest import Lustre
from tests.kubernetes.controllers.account import REGION, allow, trust

ROLE = (
    "arn:aws:iam::123456789012:role/aws-service-role/s3.data-source.lustre.fsx.amazonaws.com/"
    "AWSServiceRoleForFSxS3Access_{}"
)


@pytest.fixture
def key(account, lustre: Lustre) -> str:
    """The key that encrypts the linked bucket's objects from now on, and one object."""
    made = account.client("kms").create_key()["KeyMetadata"]["Arn"]
    default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": made}
    rules = [{"ApplyServerSideEncryptionByDefault": default}]
    lustre.s3.put_bucket_encryption(
        Bucket="data", ServerSideEncryptionConfiguration={"Rules": rules}
    )
    lustre.put("sets/secret", b"5,6")
    return made


def test_without_a_right_to_the_key_an_object_has_a_name_and_no_bytes(
    lustre: Lustre, key: str
) -> None:
    lustre.look()
    assert (lustre.store.folder / "secret").exists()
    with pytest.raises(UnreadableError, match="not authorized to perform: kms:Decrypt") as caught:
        lustre.mount("secret")
    assert key in str(caught.value)
    assert lustre.mount("note").read_bytes() == b"n", "from before the key"


def test_with_a_grant_for_its_role_the_link_reads(account, lustre: Lustre, key: str) -> None:
    account.client("kms").create_grant(
        KeyId=key, GranteePrincipal=ROLE.format(lustre.id), Operations=["Decrypt"]
    )
    assert lustre.mount("secret").read_bytes() == b"5,6"


def test_the_role_of_a_file_system_is_there_once_it_is_linked(
    account, lustre: Lustre, key: str
) -> None:
    system = account.lustre()["FileSystemId"]
    grant = {"KeyId": key, "GranteePrincipal": ROLE.format(system), "Operations": ["Decrypt"]}
    kms = account.client("kms")
    with pytest.raises(ClientError, match="InvalidArnException"):
        kms.create_grant(**grant)
    account.client("fsx").create_data_repository_association(
        FileSystemId=system, FileSystemPath="/sets", DataRepositoryPath="s3://data/sets/"
    )
    kms.create_grant(**grant)


def test_a_grant_for_another_role_is_none(account, lustre: Lustre, key: str) -> None:
    principal = account.role("other", trust("fsx.amazonaws.com"), allow("s3:*"))
    account.client("kms").create_grant(
        KeyId=key, GranteePrincipal=principal, Operations=["Decrypt"]
    )
    with pytest.raises(UnreadableError):
        lustre.mount("secret")


def test_with_a_statement_of_the_keys_policy_the_link_reads(
    account, lustre: Lustre, key: str
) -> None:
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": ROLE.format(lustre.id)},
        "Action": ["kms:Decrypt", "kms:GenerateDataKey*"],
        "Resource": "*",
    }
    of_the_account = {
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::123456789012:root"},
        "Action": "kms:*",
        "Resource": "*",
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [of_the_account, statement]})
    account.client("kms").put_key_policy(KeyId=key, PolicyName="default", Policy=policy)
    assert lustre.mount("secret").read_bytes() == b"5,6"


def test_without_a_right_to_the_key_nothing_is_exported(
    account, lustre: Lustre, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = lustre.mount("digits").parent
    (folder / "mine").write_text("x")
    (link,) = lustre.contents.look(lustre.id, REGION)
    with pytest.raises(PermissionError, match="kms:GenerateDataKey"):
        exporting.export(lustre.store, _storage(lustre), link, "mine")
    account.client("kms").create_grant(
        KeyId=key, GranteePrincipal=ROLE.format(lustre.id), Operations=["GenerateDataKey"]
    )
    assert exporting.export(lustre.store, _storage(lustre), link, "mine") == 1


def _storage(lustre: Lustre):
    return LinkStorage.of(lustre.contents._cloud, REGION, lustre.id)
