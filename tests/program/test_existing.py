"""The program in a network and on a cluster that exist: what it makes, and what it leaves alone."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import grpc
import pytest

from components.found_cluster import FoundCluster, FoundNode, FoundObjects
from settings import cluster_objects
from tests import mocks
from tests.mocks import REGION, ROOT, Deployment, deploy_file, names
from tests.program.test_critical_path import critical_path, substantial, timings

VPC, GROUP, OTHER_GROUP = "vpc-0aaaaaaaaaaaaaaa0", "sg-0aaaaaaaaaaaaaaa0", "sg-0bbbbbbbbbbbbbbb0"
ZONES = {"subnet-0aaaaaaaaaaaaaaa1": f"{REGION}a", "subnet-0aaaaaaaaaaaaaaa2": f"{REGION}b"}
CLUSTER, DRIVER = "platform", "efs.csi.aws.com"
EVERYWHERE = frozenset({"one", "two"})
OBJECTS = FoundObjects(
    nodes=(FoundNode("one", f"{REGION}a", "cpu"), FoundNode("two", f"{REGION}b", "cpu")),
    namespaces=frozenset({"default", "kube-system"}),
)
WITH_DRIVER = replace(OBJECTS, drivers={DRIVER: EVERYWHERE}, csi_drivers=frozenset({DRIVER}))
OF_A_NETWORK = (
    ":Vpc",
    ":Subnet",
    ":RouteTable",
    ":InternetGateway",
    ":NatGateway",
    ":VpcEndpoint",
)
OF_A_CLUSTER = ("eks:index:Cluster", "eks:index:Addon", ":LogGroup", "kms/key:Key")
Answer = Callable[[Mapping[str, Any]], dict[str, Any]]


class Absent(grpc.RpcError):
    """Answer of a provider that does not find what it is asked for, as the SDK takes one."""

    def details(self) -> str:
        return str(self)

    def code(self) -> grpc.StatusCode:
        return grpc.StatusCode.UNKNOWN


def absent(args: Mapping[str, Any]) -> dict[str, Any]:
    raise Absent(f"couldn't find resource {args}")


def answers() -> dict[str, Answer]:
    """The functions by which the network and the cluster are found."""

    def subnet(args: Mapping[str, Any]) -> dict[str, Any]:
        found = {
            "availabilityZone": ZONES[args["id"]],
            "availabilityZoneId": f"usw2-az{1 + [*ZONES].index(args['id'])}",
            "availableIpAddressCount": 200,
            "mapPublicIpOnLaunch": False,
            "vpcId": VPC,
        }
        return {"id": args["id"], **found}

    table = {
        "id": "rtb-1",
        "routeTableId": "rtb-1",
        "routes": [{"cidrBlock": "0.0.0.0/0", "natGatewayId": "nat-1", "gatewayId": ""}],
        "associations": [{"main": True, "subnetId": ""}],
    }
    cluster = {
        "id": CLUSTER,
        "name": CLUSTER,
        "arn": f"arn:aws:eks:{REGION}:{mocks.ACCOUNT}:cluster/{CLUSTER}",
        "status": "ACTIVE",
        "version": "1.35",
        "endpoint": "https://platform.example",
        "certificateAuthorities": [{"data": b64encode(b"PEM").decode()}],
        "accessConfigs": [{"authenticationMode": "API"}],
        "computeConfigs": [],
        "vpcConfig": {
            "vpcId": VPC,
            "subnetIds": [*ZONES],
            "clusterSecurityGroupId": GROUP,
        },
    }

    def addon(args: Mapping[str, Any]) -> dict[str, Any]:
        if args["addonName"] != "eks-pod-identity-agent":
            raise Absent("reading EKS Add-On: couldn't find resource")
        return {"id": args["addonName"], **args}

    return {
        "aws:ec2/getVpcs:getVpcs": lambda _: {"id": REGION, "ids": [VPC]},
        "aws:ec2/getVpc:getVpc": lambda args: {
            "id": args["id"],
            "cidrBlock": "10.8.0.0/16",
            "cidrBlockAssociations": [],
            "enableDnsSupport": True,
            "enableDnsHostnames": True,
        },
        "aws:ec2/getSubnets:getSubnets": lambda _: {"id": REGION, "ids": [*ZONES]},
        "aws:ec2/getSubnet:getSubnet": subnet,
        "aws:ec2/getRouteTables:getRouteTables": lambda _: {"id": REGION, "ids": ["rtb-1"]},
        "aws:ec2/getRouteTable:getRouteTable": lambda _: table,
        "aws:ec2/getVpcEndpoint:getVpcEndpoint": lambda _: {
            "id": "vpce-1",
            "routeTableIds": ["rtb-1"],
        },
        "aws:ec2/getLaunchTemplate:getLaunchTemplate": lambda args: {
            "id": args["id"],
            "vpcSecurityGroupIds": [OTHER_GROUP],
            "networkInterfaces": [],
        },
        "aws:eks/getClusters:getClusters": lambda _: {"id": REGION, "names": [CLUSTER]},
        "aws:eks/getCluster:getCluster": lambda _: cluster,
        "aws:eks/getNodeGroups:getNodeGroups": lambda _: {"id": CLUSTER, "names": ["cpu"]},
        "aws:eks/getNodeGroup:getNodeGroup": lambda args: {
            "id": "cpu",
            "subnetIds": [*ZONES],
            "launchTemplates": [{"id": "lt-1", "name": "lt", "version": "1"}],
        },
        "aws:eks/getAddon:getAddon": addon,
        "aws:eks/getAccessEntry:getAccessEntry": absent,
    }


@pytest.fixture(scope="module")
def digits(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder: Path = tmp_path_factory.mktemp("digits")
    files = {channel: folder / f"{channel}.csv" for channel in ("train", "validation")}
    files["train"].write_text("7,0,16,8\n3,1,15,9\n")
    files["validation"].write_text("7,0,15,8\n3,2,15,9\n")
    return {channel: str(file) for channel, file in files.items()}


@pytest.fixture(scope="module")
def patched() -> Iterator[pytest.MonkeyPatch]:
    with pytest.MonkeyPatch.context() as patch:
        for token, answer in answers().items():
            patch.setitem(mocks.FUNCTIONS, token, answer)
        yield patch


Deploy = Callable[..., Deployment]


@pytest.fixture(scope="module")
def deploy(patched: pytest.MonkeyPatch, digits: dict[str, str]) -> Deploy:
    """Deploys a training job on EFS on what exists, with other objects in the cluster."""

    def deployed(
        objects: FoundObjects = OBJECTS,
        state: Mapping[str, Any] | None = None,
        **sections: Any,
    ) -> Deployment:
        def with_objects(found: FoundCluster) -> FoundCluster:
            return replace(found, objects=objects)

        patched.setattr(cluster_objects, "with_objects", with_objects)
        job = {"dataset": "digits", "hyperParameters": {"num_round": "5"}}
        config = {
            "cluster": {"existing": CLUSTER},
            "bucket": {"existing": "theirs", "datasets": {"digits": digits}},
            "storage": {"backend": "efs"},
            "training": {"jobs": {"digits": job}},
            **sections,
        }
        own = {f"{mocks.PROJECT}:{key}": value for key, value in config.items() if value}
        return deploy_file(
            ROOT / "__main__.py", {"aws:region": REGION, **own}, stack="guest", state=state
        )

    return deployed


@pytest.fixture(scope="module")
def first(deploy: Deploy) -> Deployment:
    return deploy()


def test_nothing_of_the_network_the_cluster_and_the_bucket_is_made(first: Deployment) -> None:
    for kind in (*OF_A_NETWORK, *OF_A_CLUSTER, ":Bucket", "ManagedNodeGroup", ":AccessEntry"):
        made = [one for one in first.of_type(kind) if not one.type.startswith("eks-ml-storage:")]
        assert names(made) == [], kind
    assert first.exports["clusterName"] == CLUSTER
    assert first.exports["vpcId"] == VPC


def test_mount_targets_are_in_the_subnets_of_the_clusters_nodes(first: Deployment) -> None:
    targets = first.of_type(":MountTarget")
    assert {one.inputs["subnetId"] for one in targets} == {*ZONES}


def test_the_groups_of_all_nodes_are_admitted(first: Deployment) -> None:
    rules = first.of_type("SecurityGroupIngressRule")
    clients = {
        one.inputs["referencedSecurityGroupId"]
        for one in rules
        if one.inputs.get("fromPort") == 2049
    }
    assert clients >= {GROUP, OTHER_GROUP}


def test_a_missing_driver_is_installed_and_stays_in_the_second_update(
    first: Deployment, deploy: Deploy
) -> None:
    assert first.one(":Release", "mount-driver-efs-release")
    assert first.one(":CSIDriver").inputs["metadata"]["name"] == DRIVER
    namespaces = OBJECTS.namespaces | {"training", "ack-system"}
    there = replace(
        WITH_DRIVER,
        namespaces=namespaces,
        ack_controllers=frozenset({"ack-system"}),
        claims=frozenset({("training", "shared")}),
        volumes=frozenset({"shared-training"}),
        storage_classes=frozenset({"efs-access-points-eks-ml-storage-guest"}),
    )
    second = deploy(there, first.state)
    assert names(second.resources) == names(first.resources)


def test_a_driver_and_a_controller_of_others_are_left_alone(deploy: Deploy) -> None:
    theirs = replace(WITH_DRIVER, ack_controllers=frozenset({"ack-system"}))
    found = deploy(theirs)
    assert names(found.of_type(":Release")) == ["teardown-release"]
    assert found.of_type(":CSIDriver") == []
    accounts = {one.inputs["serviceAccount"] for one in found.of_type("PodIdentityAssociation")}
    assert not accounts & {"efs-csi-controller-sa", "ack-sagemaker-controller"}
    assert found.one("v1alpha1:TrainingJob")


def test_a_namespace_of_others_is_used_and_not_made(deploy: Deploy) -> None:
    found = deploy(replace(OBJECTS, namespaces=OBJECTS.namespaces | {"training", "ack-system"}))
    assert found.of_type(":Namespace") == []
    claim = found.one(":PersistentVolumeClaim")
    assert claim.inputs["metadata"]["namespace"] == "training"


def test_objects_of_the_cluster_have_names_of_the_stacks_own(first: Deployment) -> None:
    assert first.one(":Release", "teardown-release").inputs["name"] == (
        "teardown-eks-ml-storage-guest"
    )
    config_map = first.one(":ConfigMap", "protection-object")
    assert config_map.inputs["metadata"]["name"] == "deletion-protection-eks-ml-storage-guest"
    storage_class = first.one(":StorageClass")
    assert storage_class.inputs["metadata"]["name"].endswith("-eks-ml-storage-guest")


def test_the_teardown_is_limited_to_the_stacks_own_classes_and_volumes(first: Deployment) -> None:
    values = first.one(":Release", "teardown-release").inputs["values"]
    assert values["since"] == ""
    assert values["storageClasses"] == ["efs-access-points-eks-ml-storage-guest"]
    assert values["volumes"] == ["shared-training"]


def test_groups_of_the_stack_join_the_cluster(deploy: Deploy) -> None:
    found = deploy(nodeGroups={"gpu": {"instanceTypes": ["m6i.large"]}})
    group = found.one("aws:eks/nodeGroup:NodeGroup")
    assert (group.name, group.inputs["clusterName"]) == ("nodes-gpu", CLUSTER)
    assert group.inputs["version"] == "1.35", "the cluster's own"
    assert {*group.inputs["subnetIds"]} == {*ZONES}


def test_access_entries_are_added(deploy: Deploy) -> None:
    principal = f"arn:aws:iam::{mocks.ACCOUNT}:role/ds"
    found = deploy(
        cluster={"existing": CLUSTER, "accessEntries": {"ds": {"principalArn": principal}}}
    )
    assert found.one(":AccessEntry").inputs["principalArn"] == principal
    assert found.one(":AccessPolicyAssociation").inputs["clusterName"] == CLUSTER


def test_a_cluster_of_the_stacks_own_is_made_in_a_network_that_exists(deploy: Deploy) -> None:
    found = deploy(
        network={"existing": {"vpcId": VPC, "subnetIds": [*ZONES]}},
        cluster={"publicAccessCidrs": ["192.31.196.1/32"]},
        nodeGroups={"cpu": {"instanceTypes": ["m6i.large"]}},
    )
    cluster = found.one("eks:index:Cluster")
    assert (cluster.inputs["vpcId"], cluster.inputs["privateSubnetIds"]) == (VPC, [*ZONES])
    for kind in OF_A_NETWORK:
        assert [one for one in found.of_type(kind) if one.type.startswith("aws:")] == []


def test_what_exists_lengthens_nothing(first: Deployment, deploy: Deploy, dev: Deployment) -> None:
    path = critical_path(first)
    assert not {"Cluster", "ManagedNodeGroup", "Addon"} & {*substantial(path)}
    total = timings(first)[path[-1].urn].done
    whole = critical_path(dev)
    assert total < timings(dev)[whole[-1].urn].done - 10, "the control plane is there"
    theirs = deploy(replace(WITH_DRIVER, ack_controllers=frozenset({"ack-system"})))
    chain = critical_path(theirs)
    assert timings(theirs)[chain[-1].urn].done <= total, "and so is the driver"
