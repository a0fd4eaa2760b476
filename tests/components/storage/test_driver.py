import pulumi
import pulumi_aws as aws
import pytest

from components.charts import ChartArgs
from components.storage.driver import CsiDriver
from components.storage.efs import EfsStorage
from components.storage.fsx import LustreStorage
from tests.components.samples import cluster
from tests.components.storage.samples import EFS, LUSTRE, storage
from tests.mocks import Deployment, deploy

CHART: ChartArgs = {
    "chart": "a-driver",
    "repository": "https://example.org/charts",
    "version": "1.0.0",
    "timeout_seconds": 600,
    "values": {},
}
BACK_ENDS = {"efs": (EfsStorage, EFS), "fsx": (LustreStorage, LUSTRE)}


def driver(back_end: str) -> Deployment:
    def program() -> None:
        node = aws.ec2.Vpc("a-node")
        kind, file_system = BACK_ENDS[back_end]
        made = kind("fs", storage(file_system))
        args = {**CHART, "cluster": cluster(workers=[node]), "storage": made}
        CsiDriver("driver", args)  # type: ignore[arg-type] # built by key
        pulumi.export("values", made.driver["values"])

    return deploy(program)


@pytest.mark.parametrize("back_end", BACK_ENDS)
def test_pods_of_the_driver_find_their_permissions_when_they_start(back_end: str) -> None:
    made = driver(back_end)
    waited = made.waits_for(made.one(":Release"))
    assert made.one(":PodIdentityAssociation") in waited
    assert made.one(":Vpc", "a-node") in waited, "and a node to run on"


@pytest.mark.parametrize("back_end", BACK_ENDS)
def test_the_chart_makes_the_service_account_that_the_role_trusts(back_end: str) -> None:
    made = driver(back_end)
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
