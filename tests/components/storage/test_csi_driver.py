import pulumi
import pulumi_aws as aws
import pytest

from components.helm_spec import ChartSpec
from components.storage import backends
from components.storage.csi_driver import CsiDriver
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
    assert made.one(":PodIdentityAssociation") in waited
    assert made.one(":Vpc", "a-node") in waited, "and a node to run on"


@pytest.mark.parametrize("backend", SPECS)
def test_the_permissions_wait_for_no_node(backend: str) -> None:
    made = driver(backend)
    node = made.one(":Vpc", "a-node").urn
    assert node not in made.waits_in_the_end_for(made.one(":PodIdentityAssociation"))


@pytest.mark.parametrize("backend", SPECS)
def test_the_chart_makes_the_service_account_that_the_role_trusts(backend: str) -> None:
    made = driver(backend)
    account = made.one(":Release").inputs["values"]["controller"]["serviceAccount"]
    association = made.one(":PodIdentityAssociation").inputs
    assert account == {"create": True, "name": association["serviceAccount"]}
    assert association["namespace"] == made.one(":Release").inputs["namespace"] == "kube-system"


def test_fsx_has_a_policy_of_ours_and_efs_the_one_that_aws_keeps() -> None:
    assert len(driver("fsx").of_type(":RolePolicy")) == 1
    assert (
        driver("efs")
        .one(":RolePolicyAttachment")
        .inputs["policyArn"]
        .endswith("service-role/AmazonEFSCSIDriverPolicy")
    )
