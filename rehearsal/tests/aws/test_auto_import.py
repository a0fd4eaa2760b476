"""FSx's own rule in the notification configuration of a linked bucket, and who takes it away."""

from __future__ import annotations

import json
from typing import Any

import pytest

CREATED, REMOVED = "s3:ObjectCreated:*", "s3:ObjectRemoved:*"


@pytest.fixture
def create(aws):
    vpc = aws.vpc()
    network = {"SubnetIds": [aws.subnet(vpc)], "SecurityGroupIds": [aws.lustre_group(vpc)]}
    aws.bucket("data")

    def call(policy: str | None = None, **link: Any) -> str:
        settings: dict[str, Any] = {"DeploymentType": "SCRATCH_2"}
        if policy:
            path = "s3://data/datasets/"
            settings |= {"ImportPath": path, "AutoImportPolicy": policy, **link}
        return aws.fsx.create_file_system(
            FileSystemType="LUSTRE",
            FileSystemTypeVersion="2.15",
            StorageCapacity=1200,
            LustreConfiguration=settings,
            **network,
        )["FileSystem"]["FileSystemId"]

    return call


@pytest.fixture
def queue(aws) -> str:
    url = aws.sqs.create_queue(QueueName="events")["QueueUrl"]
    allow = {"Effect": "Allow", "Principal": "*", "Action": "sqs:*", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    aws.sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    return "arn:aws:sqs:us-west-2:123456789012:events"


def rules(aws) -> list[tuple[str, list[str], str]]:
    found = aws.s3.get_bucket_notification_configuration(Bucket="data")
    return [
        (one["Id"], one["Events"], one["Filter"]["Key"]["FilterRules"][0]["Value"])
        for one in found.get("TopicConfigurations", [])
    ]


def notify(aws, queue: str, prefix: str) -> None:
    key = {"FilterRules": [{"Name": "prefix", "Value": prefix}]}
    rule = {"QueueArn": queue, "Events": [CREATED], "Filter": {"Key": key}}
    configuration = {"QueueConfigurations": [rule]}
    aws.s3.put_bucket_notification_configuration(
        Bucket="data", NotificationConfiguration=configuration
    )


def link(aws, file_system: str) -> tuple[str, str]:
    (found,) = aws.fsx.describe_file_systems(FileSystemIds=[file_system])["FileSystems"]
    configuration = found["LustreConfiguration"]["DataRepositoryConfiguration"]
    reason = configuration.get("FailureDetails", {}).get("Message", "")
    return configuration["Lifecycle"], reason


@pytest.mark.parametrize(
    ("policy", "events"),
    [
        ("NONE", None),
        ("NEW", [CREATED]),
        ("NEW_CHANGED", [CREATED]),
        ("NEW_CHANGED_DELETED", [CREATED, REMOVED]),
    ],
)
def test_a_link_that_imports_writes_its_rule_into_the_bucket(aws, create, policy, events):
    made = create(policy)
    assert rules(aws) == ([("FSx", events, "datasets/")] if events else [])
    assert link(aws, made) == ("AVAILABLE", "")


def test_the_rule_stands_beside_others_and_goes_with_its_file_system(aws, create, queue):
    notify(aws, queue, "incoming/")
    first, second = create("NEW"), create("NEW", ImportPath="s3://data/models/")
    assert [name for name, _, _ in rules(aws)] == ["FSx", f"FSx-{second}"]
    aws.fsx.delete_file_system(FileSystemId=first)
    assert [name for name, _, _ in rules(aws)] == [f"FSx-{second}"]
    found = aws.s3.get_bucket_notification_configuration(Bucket="data")
    assert [one["QueueArn"] for one in found["QueueConfigurations"]] == [queue]


def test_whoever_replaces_the_configuration_ends_the_import(aws, create, queue):
    made = create("NEW")
    notify(aws, queue, "incoming/")
    state, reason = link(aws, made)
    assert state == "MISCONFIGURED"
    assert "FSx is missing from the S3 bucket data" in reason


def test_a_rule_of_others_for_the_same_objects_keeps_the_import_from_starting(aws, create, queue):
    notify(aws, queue, "datasets/digits/")
    made = create("NEW")
    assert rules(aws) == []
    assert link(aws, made)[0] == "MISCONFIGURED"


def test_a_changed_policy_changes_the_rule(aws, create):
    made = create("NEW")

    def change(policy: str) -> None:
        settings = {"AutoImportPolicy": policy}
        aws.fsx.update_file_system(FileSystemId=made, LustreConfiguration=settings)

    change("NEW_CHANGED_DELETED")
    assert rules(aws) == [("FSx", [CREATED, REMOVED], "datasets/")]
    change("NONE")
    assert rules(aws) == []
    assert link(aws, made)[0] == "AVAILABLE"


def test_an_association_has_a_rule_of_its_own(aws, create, queue):
    policy = {"AutoImportPolicy": {"Events": ["NEW", "DELETED"]}}
    made = aws.fsx.create_data_repository_association(
        FileSystemId=create(),
        FileSystemPath="/data",
        DataRepositoryPath="s3://data/datasets/",
        S3=policy,
    )["Association"]
    assert rules(aws) == [("FSx", [CREATED, REMOVED], "datasets/")]

    def state() -> str:
        (found,) = aws.fsx.describe_data_repository_associations()["Associations"]
        return found["Lifecycle"]

    assert state() == "AVAILABLE"
    notify(aws, queue, "incoming/")
    assert state() == "MISCONFIGURED"
    again = {"AutoImportPolicy": {"Events": ["NEW"]}}
    update = aws.fsx.update_data_repository_association
    update(AssociationId=made["AssociationId"], S3=again)
    assert state() == "AVAILABLE"
    aws.fsx.delete_data_repository_association(AssociationId=made["AssociationId"])
    assert rules(aws) == []
