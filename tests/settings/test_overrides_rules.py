"""Overrides of single resources in the stack file."""

from __future__ import annotations

from typing import Any

import pytest

from components.spec.errors import format_path
from settings.deployed import DataStore, Deployed
from tests.settings.configs import Case, assert_refused, checked, errors, keys

TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate"
DEPLOYMENT = "kubernetes:apps/v1:Deployment"
FSX = "aws:fsx/lustreFileSystem:LustreFileSystem"


def entry(inputs: Any, type_: str = TEMPLATE, name: str = "nodes-cpu-template") -> dict[str, Any]:
    return {"type": type_, "name": name, "inputs": inputs}


def one(inputs: Any, type_: str = TEMPLATE, name: str = "nodes-cpu-template") -> dict[str, Any]:
    """A change of the valid config: a single override."""
    return {"overrides": [entry(inputs, type_, name)]}


TAKEN = {
    "text": one({"ebsOptimized": "true"}),
    "a whole number and a truth value": one({"defaultVersion": 3, "updateDefaultVersion": True}),
    "what removes an input": one({"userData": None, "blockDeviceMappings": None}),
    "a nested object": one({"metadataOptions": {"instanceMetadataTags": "enabled"}}),
    "a list of objects": one({"blockDeviceMappings": [{"deviceName": "x", "ebs": {"iops": 9}}]}),
    "a tag of one's own": one({"tags": {"Owner": "me"}}),
    "a chart's values, whose names no package knows": one(
        {"values": {"any": {"thing": [1, "x", None]}}}, "kubernetes:helm.sh/v3:Release"
    ),
    "a pod's template": one(
        {"spec": {"template": {"spec": {"priorityClassName": "high", "nodeSelector": {"a": "b"}}}}},
        DEPLOYMENT,
    ),
    "a port by number": one(
        {"spec": {"ports": [{"targetPort": 80}]}}, "kubernetes:core/v1:Service"
    ),
    "a port by name": one(
        {"spec": {"ports": [{"targetPort": "web"}]}}, "kubernetes:core/v1:Service"
    ),
    "a document as text": one({"policy": "{}"}, "aws:iam/rolePolicy:RolePolicy"),
    "annotations": one({"metadata": {"annotations": {"a": "b"}}}, DEPLOYMENT),
    "two of one resource": {
        "overrides": [entry({"ebsOptimized": "true"}), entry({"metadataOptions": None})]
    },
    "one input of two resources": {
        "overrides": [entry({"ebsOptimized": "true"}), entry({"ebsOptimized": "x"}, name="other")]
    },
    "two inputs in one object": {
        "overrides": [
            entry({"metadataOptions": {"httpTokens": "required"}}),
            entry({"metadataOptions": {"httpPutResponseHopLimit": 2}}),
        ]
    },
}


@pytest.mark.parametrize("changes", TAKEN.values(), ids=TAKEN.keys())
def test_taken(changes: dict[str, Any]) -> None:
    assert errors(changes) == []
    assert len(checked(changes)[0].overrides) == len(changes["overrides"])


CASES: dict[str, Case] = {
    "a type that no package has": Case(
        one({"a": 1}, "aws:ec2/launchTemplat:LaunchTemplat"),
        "overrides[0].type",
        "type of resource in pulumi-aws or pulumi-kubernetes",
        "aws:ec2/launchTemplat:LaunchTemplat",
        f"did you mean {TEMPLATE}?",
    ),
    "a type as a preview shortens it": Case(
        one({"a": 1}, "aws:ec2:LaunchTemplate"),
        "overrides[0].type",
        "type of resource",
        "aws:ec2:LaunchTemplate",
        f"did you mean {TEMPLATE}?",
    ),
    "a component of the program": Case(
        one({"a": 1}, "eks-ml-storage:data:Bucket"),
        "overrides[0].type",
        "type of resource",
        "eks-ml-storage:data:Bucket",
        "`pulumi preview --diff`",
    ),
    "a component of pulumi-eks": Case(
        one({"version": "1.36"}, "eks:index:Cluster", "cluster"),
        "overrides[0].type",
        "is a component",
        "eks:index:Cluster",
        "set aws:eks/cluster:Cluster",
    ),
    "no inputs": Case(one({}), "overrides[0].inputs", "at least one input", {}, "remove the entry"),
    "an input in Python's spelling": Case(
        one({"ebs_optimized": "true"}),
        "overrides[0].inputs.ebs_optimized",
        "the type has no such input",
        "true",
        'did you mean "ebsOptimized"?',
    ),
    "an input that is like no other": Case(
        one({"zzz": 1}, "aws:efs/backupPolicy:BackupPolicy"),
        "overrides[0].inputs.zzz",
        "no such input",
        1,
        "use one of backupPolicy, fileSystemId",
    ),
    "a nested input that is misspelt": Case(
        one({"spec": {"template": {"spec": {"priorityClasName": "high"}}}}, DEPLOYMENT),
        "overrides[0].inputs.spec.template.spec.priorityClasName",
        "inputs.spec.template.spec has no such input",
        "high",
        '"priorityClassName"',
    ),
    "a misspelt input in a list": Case(
        one({"blockDeviceMappings": [{"ebs": {"iop": 1}}]}),
        "overrides[0].inputs.blockDeviceMappings[0].ebs.iop",
        "no such input",
        1,
        '"iops"',
    ),
    "true without the quotes that the type wants": Case(
        one({"ebsOptimized": True}),
        "overrides[0].inputs.ebsOptimized",
        "must be a string",
        True,
        'write it in quotes: "true"',
    ),
    "a number with quotes": Case(
        one({"defaultVersion": "3"}),
        "overrides[0].inputs.defaultVersion",
        "must be a whole number",
        "3",
        "without quotes",
    ),
    "text in place of an object": Case(
        one({"metadataOptions": "x"}),
        "overrides[0].inputs.metadataOptions",
        "must be an object",
        "x",
        "correct it",
    ),
    "an object in place of a list": Case(
        one({"blockDeviceMappings": {"ebs": {}}}),
        "overrides[0].inputs.blockDeviceMappings",
        "must be a list",
        {"ebs": {}},
        "correct it",
    ),
    "a file": Case(
        one({"source": "x"}, "aws:s3/bucketObjectv2:BucketObjectv2"),
        "overrides[0].inputs.source",
        "a file, which a stack file cannot give",
        "x",
        "correct it",
    ),
    "an input that another entry sets": Case(
        {"overrides": [entry({"ebsOptimized": "true"}), entry({"ebsOptimized": "false"})]},
        "overrides[1].inputs.ebsOptimized",
        "overrides[0] sets this one",
        "false",
        "remove one of the two",
    ),
    "a part of an input that another entry removes": Case(
        {
            "overrides": [
                entry({"metadataOptions": None}),
                entry({"metadataOptions": {"httpTokens": "optional"}}),
            ]
        },
        "overrides[1].inputs.metadataOptions.httpTokens",
        "set in one place",
        "optional",
        "remove",
    ),
    "a tag of the program's own": Case(
        one({"tags": {"name": "x"}}),
        "overrides[0].inputs.tags.name",
        "are the program's own tags",
        "x",
        "remove it",
    ),
    "all tags": Case(
        one({"tags": None}),
        "overrides[0].inputs.tags",
        "are the program's own tags",
        None,
        "single tags",
    ),
    "the tags of what a template launches": Case(
        one({"tagSpecifications": []}),
        "overrides[0].inputs.tagSpecifications",
        "the program's own",
        [],
        "`tags` of the stack file",
    ),
    "the name of the cluster": Case(
        one({"name": "mine"}, "aws:eks/cluster:Cluster", "cluster"),
        "overrides[0].inputs.name",
        "PROJECT-STACK",
        "mine",
        "remove it",
    ),
    "the name of an object": Case(
        one({"metadata": {"name": "x", "labels": {"a": "b"}}}, DEPLOYMENT),
        "overrides[0].inputs.metadata.name",
        "the program's own",
        "x",
        "remove it",
    ),
    "the namespace of a chart's release": Case(
        one({"namespace": "x"}, "kubernetes:helm.sh/v3:Release"),
        "overrides[0].inputs.namespace",
        "the program's own",
        "x",
        "remove it",
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_refused(case: Case) -> None:
    assert_refused(case)


def test_all_errors_of_all_entries_are_in_one_report() -> None:
    found = keys(
        {
            "overrides": [
                entry({"ebs_optimized": "x", "imageIdd": "y"}),
                entry({}, "aws:none:None"),
                {"type": TEMPLATE, "nam": "x", "inputs": {"tags": {"Stack": "s"}}},
                {"type": TEMPLATE, "inputs": {}},
            ]
        }
    )
    assert sorted(found) == [
        "overrides[0].inputs.ebs_optimized",
        "overrides[0].inputs.imageIdd",
        "overrides[1].inputs",
        "overrides[1].type",
        "overrides[2].inputs.tags.Stack",
        "overrides[2].nam",
        "overrides[3].name",
    ]


STORE = DataStore(
    "fs-0123",
    {
        "deploymentType": "PERSISTENT_1",
        "storageCapacity": 1200.0,
        "fileSystemTypeVersion": "2.15",
    },
)


def of_the_file_system(inputs: dict[str, Any], **more: Any) -> list[str]:
    """Keys at error when the file system of a deployed stack is overridden."""
    changes = {**one(inputs, FSX, "storage-file-system"), **more}
    deployed = Deployed(backend="fsx", file_systems={"fsx": STORE})
    found = [format_path(error.path) for error in checked(changes, deployed=deployed)[1]]
    return [key for key in found if key.startswith("overrides")]


def test_an_override_that_may_replace_what_has_data_is_refused() -> None:
    assert of_the_file_system({"securityGroupIds": ["sg-1"], "deploymentType": "SCRATCH_2"}) == [
        "overrides[0].inputs.securityGroupIds",
        "overrides[0].inputs.deploymentType",
    ]


def test_what_changes_in_place_or_is_there_already_is_taken_of_what_has_data() -> None:
    assert of_the_file_system({"weeklyMaintenanceStartTime": "1:01:00", "tags": {"a": "b"}}) == []
    assert of_the_file_system({"storageCapacity": 1200, "deploymentType": "PERSISTENT_1"}) == []


def test_the_loss_of_data_by_an_override_may_be_allowed() -> None:
    inputs = {"deploymentType": "SCRATCH_2"}
    assert of_the_file_system(inputs, allowReplacementOf=["fs-0123"]) == []


def test_before_the_first_update_any_input_of_a_file_system_may_be_set() -> None:
    assert keys(one({"securityGroupIds": ["sg-1"]}, FSX, "storage-file-system")) == []
