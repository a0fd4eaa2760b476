import json

import pulumi
import pulumi_aws as aws
import pytest

from components.helm_spec import ChartSpec
from components.storage import backends
from components.storage.csi_driver import CsiDriver
from components.storage.storages import csi_drivers
from tests.components.storage.samples import SPECS, wiring
from tests.mocks import Deployment, deploy

CHART = ChartSpec(chart="a-driver", repository="https://example.org/charts", version="1.0.0")


def driver(backend: str) -> Deployment:
    def program() -> None:
        node = aws.ec2.Vpc("a-node")
        file_system = backends.file_system("fs", SPECS[backend], wiring())
        CsiDriver(
            "driver",
            {"spec": CHART, "cluster_name": "ml-dev", "driver": file_system.driver},
            pulumi.ResourceOptions(depends_on=[node]),
        )

    return deploy(program)


@pytest.mark.parametrize("backend", SPECS)
def test_pods_of_the_driver_find_their_permissions_when_they_start(backend: str) -> None:
    made = driver(backend)
    waited = made.waits_for(made.one(":Release"))
    assert [one for one in made.of_type(":PodIdentityAssociation") if one not in waited] == []
    assert made.one(":Vpc", "a-node") in waited, "and a node to run on"


@pytest.mark.parametrize("backend", SPECS)
def test_the_permissions_wait_for_no_node(backend: str) -> None:
    made = driver(backend)
    node = made.one(":Vpc", "a-node").urn
    for association in made.of_type(":PodIdentityAssociation"):
        assert node not in made.waits_in_the_end_for(association)


@pytest.mark.parametrize("backend", SPECS)
def test_the_chart_makes_the_service_account_that_the_role_trusts(backend: str) -> None:
    made = driver(backend)
    release = made.one(":Release").inputs
    accounts = [release["values"][part]["serviceAccount"] for part in ("controller", "node")]
    for association in made.of_type(":PodIdentityAssociation"):
        assert {"create": True, "name": association.inputs["serviceAccount"]} in accounts
        assert association.inputs["namespace"] == release["namespace"] == "kube-system"


def test_fsx_has_a_policy_of_ours_and_efs_the_one_that_aws_keeps() -> None:
    assert len(driver("fsx").of_type(":RolePolicy")) == 1
    assert (
        driver("efs")
        .one(":RolePolicyAttachment")
        .inputs["policyArn"]
        .endswith("service-role/AmazonEFSCSIDriverPolicy")
    )


def test_the_pods_on_the_nodes_have_an_identity_where_mounts_ask_for_one() -> None:
    associations = driver("s3files").of_type(":PodIdentityAssociation")
    accounts = {one.inputs["serviceAccount"] for one in associations}
    assert accounts == {"efs-csi-controller-sa", "efs-csi-node-sa"}


def test_two_file_systems_of_one_driver_are_one_release_with_the_rights_for_both() -> None:
    def program() -> None:
        systems = {
            name: backends.file_system(name, SPECS[name], wiring()) for name in ("efs", "s3files")
        }
        charts = {"charts": {"efs": CHART}, "cluster_name": "ml-dev"}
        made = csi_drivers("driver", systems, charts, pulumi.ResourceOptions())
        assert [*made] == ["efs.csi.aws.com"]

    made = deploy(program)
    values = made.one(":Release").inputs["values"]
    assert values["node"]["podAnnotations"], "pods that were there before get their identity"
    assert values["controller"] == driver("efs").one(":Release").inputs["values"]["controller"]
    (attached,) = made.of_type(":RolePolicyAttachment")
    assert attached.inputs["policyArn"].endswith("AmazonEFSCSIDriverPolicy")
    policies = [json.loads(one.inputs["policy"]) for one in made.of_type(":RolePolicy")]
    actions = {
        action for policy in policies for one in policy["Statement"] for action in one["Action"]
    }
    assert {"s3files:CreateAccessPoint", "s3files:ClientMount"} <= actions
