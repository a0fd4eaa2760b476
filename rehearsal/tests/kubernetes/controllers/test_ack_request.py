from typing import Any

import pytest
from botocore.model import ListShape, MapShape, Shape, StructureShape
from hypothesis import given, settings
from hypothesis import strategies as st

from rehearsal.kubernetes.controllers.ack import request
from rehearsal.kubernetes.controllers.ack.names import NOT_IN_ACK, ack_name, join, members
from rehearsal.kubernetes.controllers.ack.request import (
    UnknownField,
    create_training_job,
    difference,
    faults,
    to_request,
    to_spec,
)

SPEC = {
    "trainingJobName": "digits-1",
    "roleARN": "arn:aws:iam::123456789012:role/exec",
    "algorithmSpecification": {"trainingImage": "x/y:1", "trainingInputMode": "File"},
    "hyperParameters": {"num_round": "10", "kmsKeyId": "a name of the user's own"},
    "inputDataConfig": [
        {
            "channelName": "train",
            "dataSource": {
                "fileSystemDataSource": {
                    "fileSystemID": "fs-0123456789abcdef0",
                    "fileSystemType": "FSxLustre",
                    "fileSystemAccessMode": "ro",
                    "directoryPath": "/abc/digits",
                }
            },
        }
    ],
    "outputDataConfig": {"s3OutputPath": "s3://b/models", "kmsKeyID": "k"},
    "resourceConfig": {"instanceType": "ml.m5.large", "instanceCount": 1, "volumeSizeInGB": 10},
    "stoppingCondition": {"maxRuntimeInSeconds": 60},
    "checkpointConfig": {"s3URI": "s3://b/checkpoints"},
    "vpcConfig": {"securityGroupIDs": ["sg-1"], "subnets": ["subnet-1"]},
}


def values(shape: Shape, path: str = "") -> st.SearchStrategy[Any]:
    """Any value that a member of the request may have, in AWS's own spelling."""
    if isinstance(shape, StructureShape):
        known = {name: values(inner, join(path, name)) for name, _, inner in members(shape, path)}
        return st.fixed_dictionaries({}, optional=known)
    if isinstance(shape, ListShape):
        return st.lists(values(shape.member, path), max_size=2)
    if isinstance(shape, MapShape):
        return st.dictionaries(st.text(max_size=5), values(shape.value, path), max_size=2)
    simple = {"integer": st.integers(0, 99), "long": st.integers(0, 99), "boolean": st.booleans()}
    return simple.get(shape.type_name, st.text(max_size=5))


@pytest.mark.parametrize(
    ("aws", "ack"),
    [
        ("RoleArn", "roleARN"),
        ("S3Uri", "s3URI"),
        ("KmsKeyId", "kmsKeyID"),
        ("VolumeKmsKeyId", "volumeKMSKeyID"),
        ("VolumeSizeInGB", "volumeSizeInGB"),
        ("FileSystemId", "fileSystemID"),
        ("SecurityGroupIds", "securityGroupIDs"),
        ("EnableSageMakerMetricsTimeSeries", "enableSageMakerMetricsTimeSeries"),
        ("HubContentArn", "hubContentARN"),
        ("UltraServerId", "ultraServerID"),
        ("S3DataType", "s3DataType"),
        ("TrainingJobName", "trainingJobName"),
    ],
)
def test_a_name_is_spelt_as_ack_spells_it(aws, ack):
    assert ack_name(aws) == ack


def test_no_two_members_share_a_spelling_anywhere_in_the_request():
    def check(shape: Shape, path: str) -> None:
        if isinstance(shape, StructureShape):
            names = [name for _, name, _ in members(shape, path)]
            assert len(names) == len(set(names)), path
            for member, _, inner in members(shape, path):
                check(inner, join(path, member))
        elif isinstance(shape, ListShape):
            check(shape.member, path)

    check(create_training_job(), "")


def test_what_ack_lacks_is_still_in_botocores_model():
    for path in NOT_IN_ACK:
        shape: Any = create_training_job()
        for member in path.split("."):
            shape = shape.member if isinstance(shape, ListShape) else shape
            assert member in shape.members, f"{path} is gone: take it off the list"
            shape = shape.members[member]


@settings(max_examples=50)
@given(values(create_training_job()))
def test_every_request_comes_back_from_its_spec(wanted):
    assert to_request(to_spec(wanted)) == wanted


def test_a_spec_becomes_the_request_that_sagemaker_takes():
    made = to_request(SPEC)
    assert faults(made) == []
    assert made["InputDataConfig"][0]["DataSource"]["FileSystemDataSource"]["FileSystemId"]
    assert made["HyperParameters"] == SPEC["hyperParameters"], "a map's keys are the user's"
    assert made["CheckpointConfig"] == {"S3Uri": "s3://b/checkpoints"}


def test_an_unknown_field_names_its_place_and_what_is_known_there():
    wrong = SPEC | {"checkpointConfig": {"s3Uri": "s3://b/c"}}
    with pytest.raises(UnknownField, match=r"spec.CheckpointConfig: unknown field s3Uri; .*s3URI"):
        to_request(wrong)


def test_a_field_newer_than_ack_is_unknown():
    with pytest.raises(UnknownField, match="trainingPlanARN"):
        to_request(SPEC | {"resourceConfig": {"trainingPlanARN": "x"}})


def test_botocores_model_finds_a_missing_nested_member():
    wanted = to_request(SPEC | {"inputDataConfig": [{"channelName": "train"}]})
    assert any('"DataSource"' in fault for fault in faults(wanted))


@settings(max_examples=50)
@given(values(create_training_job()))
def test_a_spec_does_not_differ_from_itself_nor_from_what_aws_adds_to_it(wanted):
    spec = to_spec(wanted)
    assert difference(spec, spec) == []
    assert difference(spec, spec | {"late": "initialised"}) == []


def test_a_change_is_told_by_its_path():
    changed = SPEC | {"resourceConfig": {**SPEC["resourceConfig"], "instanceCount": 2}}
    assert difference(changed, SPEC) == ["Spec.resourceConfig.instanceCount"]
    longer = SPEC | {"inputDataConfig": SPEC["inputDataConfig"] * 2}
    assert difference(longer, SPEC) == ["Spec.inputDataConfig"]


def test_the_shape_is_read_once():
    assert request.create_training_job() is request.create_training_job()
