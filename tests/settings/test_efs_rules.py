"""Access points, zone, policy and replication of an EFS file system."""

from __future__ import annotations

from typing import Any

import pytest

from components.spec.errors import NOT_SET
from tests.settings.configs import Case, assert_refused, keys

EFS = "storage.efs"
POINTS = f"{EFS}.accessPoints"
COPY = f"{EFS}.replication"
OTHER_KEY = "arn:aws:kms:us-west-2:123456789012:key/k"


def policy(effect: str = "Deny", **changes: Any) -> dict[str, Any]:
    """A file system policy of one statement."""
    statement = {"sid": "Mine", "effect": effect, "actions": ["elasticfilesystem:ClientMount"]}
    return {f"{EFS}.policy": [{**statement, **changes}]}


CASES = {
    "an access point whose name no resource can have": Case(
        {POINTS: {"Team_A": {"path": "/a"}}}, f"{POINTS}.Team_A", "lower-case", "Team_A", "rename"
    ),
    "a further access point at the root": Case(
        {POINTS: {"a": {"path": "/"}}}, f"{POINTS}.a.path", "1 to 4 directories", "/", "/shared"
    ),
    "two access points that would make one directory in two ways": Case(
        {POINTS: {"a": {"path": "/shared", "uid": 2000}}},
        f"{POINTS}.a.path",
        "another owner or mode",
        "/shared",
        "another path",
    ),
    "a closed directory above the datasets": Case(
        {
            f"{EFS}.accessPoint.path": "/ml/shared",
            POINTS: {"a": {"path": "/ml", "permissions": "0700"}},
        },
        f"{POINTS}.a.permissions",
        "SageMaker reads",
        "0700",
        'set "0705"',
    ),
    "a return to Standard of files that never leave it": Case(
        {f"{EFS}.transitionToIa": None, f"{EFS}.transitionToPrimaryStorageClass": "AFTER_1_ACCESS"},
        f"{EFS}.transitionToPrimaryStorageClass",
        "none can return",
        "AFTER_1_ACCESS",
        "set transitionToIa",
    ),
    "a return to Standard that EFS does not have": Case(
        {f"{EFS}.transitionToPrimaryStorageClass": "AFTER_2_ACCESSES"},
        f"{EFS}.transitionToPrimaryStorageClass",
        "must be one of AFTER_1_ACCESS",
        "AFTER_2_ACCESSES",
        "AFTER_1_ACCESS",
    ),
    "a One Zone file system with maxIO": Case(
        {
            f"{EFS}.zone": "us-west-2a",
            f"{EFS}.performanceMode": "maxIO",
            f"{EFS}.throughputMode": "bursting",
        },
        f"{EFS}.performanceMode",
        "not offered for One Zone",
        "maxIO",
        "set generalPurpose",
    ),
    "a One Zone file system in a zone id": Case(
        {f"{EFS}.zone": "usw2-az1", "network.zones": []},
        f"{EFS}.zone",
        "such as us-west-2a",
        "usw2-az1",
        "describe-availability-zones",
    ),
    "a One Zone file system outside the network": Case(
        {f"{EFS}.zone": "us-west-2c"},
        f"{EFS}.zone",
        "one of network.zones",
        "us-west-2c",
        "set us-west-2a",
    ),
    "a One Zone file system without nodes in its zone": Case(
        {f"{EFS}.zone": "us-west-2a", "nodeGroups.cpu.zones": ["us-west-2b"]},
        f"{EFS}.zone",
        "no node group has nodes there",
        "us-west-2a",
        "add us-west-2a",
    ),
    "a policy that denies pods to mount": Case(
        policy(),
        f"{EFS}.policy[0].actions",
        "denies pods",
        ["elasticfilesystem:ClientMount"],
        "narrow it",
    ),
    "a policy that denies pods to write over TLS": Case(
        policy(
            actions=["elasticfilesystem:*"], conditions={"Bool": {"aws:SecureTransport": "true"}}
        ),
        f"{EFS}.policy[0].actions",
        "denies pods",
        ["elasticfilesystem:*"],
        "narrow it",
    ),
    "a policy that nobody could change again": Case(
        policy(actions=["elasticfilesystem:Put*"]),
        f"{EFS}.policy[0].actions",
        "EFS refuses",
        ["elasticfilesystem:Put*"],
        "clients only",
    ),
    "a policy that denies SageMaker to read without TLS": Case(
        policy(conditions={"Bool": {"aws:SecureTransport": "false"}}),
        f"{EFS}.policy[0].actions",
        "denies SageMaker",
        ["elasticfilesystem:ClientMount"],
        "ClientWrite only",
    ),
    "a policy with an action of another service": Case(
        policy("Allow", actions=["s3:GetObject"]),
        f"{EFS}.policy[0].actions[0]",
        "an action of EFS",
        "s3:GetObject",
        "ClientMount",
    ),
    "a policy with a condition that EFS does not enforce": Case(
        policy("Allow", conditions={"StringEquals": {"aws:SourceVpc": "vpc-1"}}),
        f'{EFS}.policy[0].conditions.StringEquals["aws:SourceVpc"]',
        "no other condition key",
        "aws:SourceVpc",
        "aws:SecureTransport",
    ),
    "a policy with an operator that IAM does not have": Case(
        policy("Allow", conditions={"Equals": {"aws:SecureTransport": "true"}}),
        f"{EFS}.policy[0].conditions.Equals",
        "condition operator of IAM",
        "Equals",
        "Bool",
    ),
    "a policy that compares a truth with a word": Case(
        policy("Allow", conditions={"Bool": {"aws:SecureTransport": "on"}}),
        f'{EFS}.policy[0].conditions.Bool["aws:SecureTransport"]',
        '"true" or "false"',
        "on",
        '"true"',
    ),
    "a policy for a name": Case(
        policy("Allow", principals=["audit"]),
        f"{EFS}.policy[0].principals[0]",
        "ARN of a role",
        "audit",
        "get-role",
    ),
    "a policy whose statement has a name with a hyphen": Case(
        policy("Allow", sid="my-audit"),
        f"{EFS}.policy[0].sid",
        "letters and digits",
        "my-audit",
        "AuditReads",
    ),
    "a policy whose statement has a name of the program's": Case(
        policy("Allow", sid="WriteOverTlsOnly"),
        f"{EFS}.policy[0].sid",
        "differ",
        "WriteOverTlsOnly",
        "rename",
    ),
    "a policy that is too long": Case(
        {f"{EFS}.policy": [policy("Allow", sid=f"S{i}")[f"{EFS}.policy"][0] for i in range(200)]},
        f"{EFS}.policy",
        "20000 characters",
        200,
        "remove some",
    ),
    "a policy that denies the plain NFS volume to write": Case(
        {
            **policy(
                actions=["elasticfilesystem:ClientWrite"],
                conditions={"Bool": {"aws:SecureTransport": "false"}},
            ),
            f"{EFS}.nfsVolume": {},
        },
        f"{EFS}.policy[0].actions",
        "denies the plain NFS volume",
        ["elasticfilesystem:ClientWrite"],
        "nfsVolume",
    ),
    "an NFS volume without a unit": Case(
        {f"{EFS}.nfsVolume": {"capacity": "100"}},
        f"{EFS}.nfsVolume.capacity",
        "a whole number of",
        "100",
        "100Gi",
    ),
    "a claim that asks for more than its volume has": Case(
        {f"{EFS}.nfsVolume": {"capacity": "50Gi", "request": "1Ti"}},
        f"{EFS}.nfsVolume.request",
        "stays pending",
        "1Ti",
        "set 50Gi or less",
    ),
    "an NFS volume over the system": Case(
        {f"{EFS}.nfsVolume": {"mountPath": "/etc/nfs"}},
        f"{EFS}.nfsVolume.mountPath",
        "outside the system",
        "/etc/nfs",
        "/nfs",
    ),
    "a replication without a destination": Case(
        {COPY: {}}, f"{COPY}.region", "needs a destination", NOT_SET, "us-east-1"
    ),
    "a replication to a zone of a region": Case(
        {COPY: {"region": "us-east-1", "zone": "us-east-1a"}},
        f"{COPY}.zone",
        "in a zone or",
        "us-east-1a",
        "remove it",
    ),
    "a replication to a file system in a zone": Case(
        {COPY: {"zone": "us-west-2b", "fileSystemId": "fs-0123456789abcdef0"}},
        f"{COPY}.zone",
        "its own zones",
        "us-west-2b",
        "remove it",
    ),
    "a replication to a file system with another key": Case(
        {COPY: {"fileSystemId": "fs-0123456789abcdef0", "kmsKeyArn": OTHER_KEY}},
        f"{COPY}.kmsKeyArn",
        "its own key",
        OTHER_KEY,
        "remove it",
    ),
    "a replication with a key of the source's Region": Case(
        {COPY: {"region": "us-east-1", "kmsKeyArn": OTHER_KEY}},
        f"{COPY}.kmsKeyArn",
        "the copy's Region",
        OTHER_KEY,
        "us-east-1",
    ),
    "a replication to a Region in capitals": Case(
        {COPY: {"region": "US-EAST-1"}}, f"{COPY}.region", "an AWS Region", "US-EAST-1", "describe"
    ),
    "a replication to the id of an FSx file system's kind": Case(
        {COPY: {"fileSystemId": "fsx-1"}}, f"{COPY}.fileSystemId", "fs- and", "fsx-1", "describe"
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_what_efs_refuses_is_refused_before_anything_is_made(case: Case) -> None:
    assert_refused(case)


@pytest.mark.parametrize(
    "changes",
    [
        {POINTS: {"a": {"path": "/teams/a", "uid": 2001}, "b": {"path": "/shared"}}},
        {f"{EFS}.accessPoint.path": "/aws-backup-restore_2026-11-29T10-15-30-123Z/shared"},
        {f"{EFS}.zone": "us-west-2b"},
        policy("Allow", principals=["arn:aws:iam::123456789012:role/audit"]),
        policy(principals=["123456789012"]),
        policy(actions=["elasticfilesystem:ClientRootAccess"]),
        policy(
            actions=["elasticfilesystem:ClientWrite"],
            conditions={"Null": {"elasticfilesystem:AccessPointArn": "true"}},
        ),
        policy(
            actions=["elasticfilesystem:ClientWrite"],
            conditions={"StringEquals": {"elasticfilesystem:AccessPointArn": "arn:x:fsap-1"}},
        ),
        {COPY: {"region": "us-east-1", "kmsKeyArn": "arn:aws:kms:us-east-1:123456789012:key/k"}},
        {COPY: {"zone": "us-west-2b", "kmsKeyArn": OTHER_KEY}},
        {COPY: {"region": "us-east-1", "fileSystemId": "fs-0123456789abcdef0"}},
    ],
)
def test_what_efs_takes_is_taken(changes: dict[str, Any]) -> None:
    assert keys(changes) == []
