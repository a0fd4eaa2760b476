"""Decisions of a file system policy about clients without IAM credentials."""

from typing import Any

import pytest

from components.storage.efs_client_policy import (
    MOUNT,
    NFS,
    PODS,
    ROOT,
    SAGEMAKER,
    WRITE,
    Client,
    allows,
    denies,
)
from components.storage.efs_policy import mount_policy

ACCESS_POINT = "elasticfilesystem:AccessPointArn"


def statement(effect: str = "Allow", action: Any = MOUNT, **more: Any) -> dict[str, Any]:
    return {"Effect": effect, "Principal": "*", "Action": action, **more}


@pytest.mark.parametrize("client", [PODS, SAGEMAKER, NFS])
def test_nothing_is_allowed_that_no_statement_allows(client: Client) -> None:
    assert not allows([], client, MOUNT)
    assert allows([statement()], client, MOUNT)
    assert not allows([statement()], client, WRITE)
    assert not allows([statement(), statement("Deny", "elasticfilesystem:*")], client, MOUNT)


@pytest.mark.parametrize(
    "principal", [{"AWS": "123456789012"}, {"AWS": ["arn:aws:iam::1:role/r"]}, {"Service": "x"}]
)
def test_a_statement_about_somebody_is_not_about_clients_without_credentials(
    principal: dict[str, Any],
) -> None:
    assert not allows([statement(Principal=principal)], PODS, MOUNT)
    assert not denies([statement("Deny", Principal=principal)], PODS, MOUNT)


def test_a_denial_to_all_but_somebody_is_about_them() -> None:
    others = {"Effect": "Deny", "NotPrincipal": {"AWS": "arn:aws:iam::1:role/r"}, "Action": "*"}
    assert denies([others], PODS, MOUNT)


@pytest.mark.parametrize(
    ("condition", "held"),
    [
        ({"Bool": {"aws:SecureTransport": "true"}}, True),
        ({"Bool": {"aws:SecureTransport": False}}, False),
        ({"StringLike": {ACCESS_POINT: "arn:*:access-point/*"}}, True),
        ({"StringNotLike": {ACCESS_POINT: "arn:*:access-point/*"}}, False),
        ({"Null": {ACCESS_POINT: "true"}}, False),
        ({"Null": {ACCESS_POINT: "false"}}, True),
        ({"BoolIfExists": {"aws:ViaAWSService": "true"}}, True),
        ({"StringEquals": {"aws:SourceVpc": "vpc-1"}}, False),
    ],
)
def test_a_condition_counts_for_pods_by_what_is_known_of_them(
    condition: dict[str, Any], held: bool
) -> None:
    assert denies([statement("Deny", Condition=condition)], PODS, MOUNT) is held
    assert allows([statement(Condition=condition)], PODS, MOUNT) is held


@pytest.mark.parametrize(
    "condition",
    [
        {"StringEquals": {ACCESS_POINT: "arn:aws:elasticfilesystem:r:a:access-point/fsap-1"}},
        {"StringNotEquals": {ACCESS_POINT: "arn:aws:elasticfilesystem:r:a:access-point/fsap-1"}},
        {"IpAddress": {"aws:SourceIp": "192.31.196.0/24"}},
    ],
)
def test_what_depends_on_the_unknown_neither_denies_nor_fails_to_allow(
    condition: dict[str, Any],
) -> None:
    assert not denies([statement("Deny", Condition=condition)], PODS, MOUNT)
    assert allows([statement(Condition=condition)], PODS, MOUNT)


def test_the_programs_own_policy_lets_pods_write_and_sagemaker_read() -> None:
    statements = mount_policy("arn")["Statement"]  # type: ignore[arg-type]
    allowed = {
        (client.name, action)
        for client in (PODS, SAGEMAKER, NFS)
        for action in (MOUNT, WRITE, ROOT)
        if allows(statements, client, action)
    }
    assert allowed == {
        ("pods", MOUNT),
        ("pods", WRITE),
        ("SageMaker", MOUNT),
        (NFS.name, MOUNT),
    }
