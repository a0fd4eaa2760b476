"""The example programs, run as the engine runs them."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.mocks import CLUSTER_GROUP, ROOT, VPC, Deployment, Registration, deploy_file

EXAMPLES = ROOT / "examples"
PROGRAMS = sorted(EXAMPLES.glob("*/__main__.py"))
SUBNETS = {"us-west-2a": "subnet-a", "us-west-2b": "subnet-b"}
DIRECTORIES = {"train": "/abcdefgh/digits/train", "validation": "/abcdefgh/digits/validation"}

CONFIG: dict[str, dict[str, Any]] = {
    "file_system_in_a_vpc": {
        "vpcId": "vpc-theirs",
        "subnetIds": SUBNETS,
        "clientSecurityGroupId": "sg-theirs",
    },
    "storage_on_a_cluster": {
        "clusterName": "theirs",
        "subnetIds": SUBNETS,
        "namespace": "notebooks",
    },
    "training_job": {
        "bucketName": "theirs",
        "fileSystemId": "fs-theirs",
        "directories": DIRECTORIES,
        "subnetId": "subnet-a",
        "securityGroupId": "sg-theirs",
        "namespace": "notebooks",
    },
}
"""A value for each key of each program, as users set them."""


def project(program: Path) -> Any:
    return yaml.safe_load(program.with_name("Pulumi.yaml").read_text())


def run(name: str) -> Deployment:
    program = EXAMPLES / name / "__main__.py"
    own = project(program)["name"]
    config = {f"{own}:{key}": value for key, value in CONFIG[name].items()}
    return deploy_file(program, config, project=own)


def allowed(rules: list[Registration]) -> set[tuple[str, str]]:
    """The pairs of groups in rules: the one that has the rule, the one that it names."""
    return {
        (one.inputs["securityGroupId"], one.inputs["referencedSecurityGroupId"]) for one in rules
    }


def test_there_are_three_and_each_is_tested() -> None:
    assert [one.parent.name for one in PROGRAMS] == sorted(CONFIG)


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.parent.name)
def test_an_example_is_under_forty_lines(program: Path) -> None:
    assert len(program.read_text().splitlines()) < 40


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.parent.name)
def test_an_example_imports_pulumi_and_components_only(program: Path) -> None:
    packages: set[str] = set()
    for node in ast.walk(ast.parse(program.read_text())):
        match node:
            case ast.Import(names):
                packages |= {one.name.partition(".")[0] for one in names}
            case ast.ImportFrom(str(module)):
                packages.add(module.partition(".")[0])
    assert "components" in packages
    assert packages <= {"components", "pulumi", "pulumi_aws"}


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.parent.name)
def test_each_key_that_an_example_reads_is_declared_with_its_help(program: Path) -> None:
    declared = project(program)["config"]
    read = {
        node.args[0].value
        for node in ast.walk(ast.parse(program.read_text()))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr.startswith(("require", "get"))
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == "config"
        and isinstance(node.args[0], ast.Constant)
    }
    assert read == {*declared} == {*CONFIG[program.parent.name]}
    assert all(key["description"].endswith(".") and key["type"] for key in declared.values())


def test_the_file_system_is_in_the_vpc_and_lets_the_given_group_in() -> None:
    made = run("file_system_in_a_vpc")
    file_system, group = made.one(":LustreFileSystem"), made.one(":SecurityGroup")
    assert file_system.inputs["subnetIds"] == "subnet-a"
    assert "importPath" not in file_system.inputs, "it needs no bucket"
    assert group.inputs["vpcId"] == "vpc-theirs"
    (servers,) = file_system.inputs["securityGroupIds"]
    assert allowed(made.of_type(":SecurityGroupIngressRule")) == {
        (servers, servers),
        (servers, "sg-theirs"),
        ("sg-theirs", servers),
    }
    assert {*made.exports} == {"fileSystemId", "mountCommand"}


def test_storage_on_a_cluster_has_a_claim_bound_to_the_file_system() -> None:
    made = run("storage_on_a_cluster")
    (file_system,) = {one.inputs["fileSystemId"] for one in made.of_type(":MountTarget")}
    volume, claim = made.one(":PersistentVolume"), made.one(":PersistentVolumeClaim")
    handle = volume.inputs["spec"]["csi"]["volumeHandle"]
    assert handle.partition(":")[0] == file_system
    assert claim.inputs["metadata"]["namespace"] == "notebooks"
    assert claim.inputs["spec"]["volumeName"] == volume.inputs["metadata"]["name"]
    assert volume.inputs["spec"]["claimRef"]["namespace"] == "notebooks"
    assert made.exports == {"claim": claim.inputs["metadata"]["name"]}


def test_storage_on_a_cluster_is_in_its_vpc_and_lets_its_nodes_in() -> None:
    made = run("storage_on_a_cluster")
    group = made.one(":SecurityGroup")
    assert group.inputs["vpcId"] == VPC
    targets = made.of_type(":MountTarget")
    assert {one.inputs["subnetId"] for one in targets} == {*SUBNETS.values()}
    (servers,) = {one.inputs["securityGroups"][0] for one in targets}
    assert allowed(made.of_type(":SecurityGroupIngressRule")) == {(servers, CLUSTER_GROUP)}


def test_storage_on_a_cluster_installs_the_driver_before_the_volume() -> None:
    made = run("storage_on_a_cluster")
    release = made.one(":Release")
    assert release.inputs["chart"] == "aws-efs-csi-driver"
    assert made.one(":PodIdentityAssociation").inputs["clusterName"] == "theirs"
    waited = made.waits_in_the_end_for(made.one(":PersistentVolume"))
    assert release.urn in waited
    assert {one.urn for one in made.of_type(":SecurityGroupIngressRule")} <= waited
    assert {one.urn for one in made.of_type(":MountTarget")} <= waited


def test_the_training_job_reads_the_given_directories() -> None:
    made = run("training_job")
    job = made.one("v1alpha1:TrainingJob").inputs
    sources = {
        one["channelName"]: one["dataSource"]["fileSystemDataSource"]
        for one in job["spec"]["inputDataConfig"]
    }
    assert {name: one["directoryPath"] for name, one in sources.items()} == DIRECTORIES
    assert {one["fileSystemID"] for one in sources.values()} == {"fs-theirs"}
    assert job["spec"]["vpcConfig"] == {"securityGroupIDs": ["sg-theirs"], "subnets": ["subnet-a"]}
    assert job["spec"]["outputDataConfig"]["s3OutputPath"] == "s3://theirs/models/digits"
    assert job["metadata"]["namespace"] == "notebooks"


def test_the_training_job_has_a_role_whose_permissions_it_waits_for() -> None:
    made = run("training_job")
    job, policy = made.one("v1alpha1:TrainingJob"), made.one(":RolePolicy")
    assert policy.urn in made.waits_in_the_end_for(job)
    assert '"arn:aws:s3:::theirs"' in policy.inputs["policy"]
    assert made.of_type(":Bucket") == [made.one("data:Bucket")], "the bucket is not made"
