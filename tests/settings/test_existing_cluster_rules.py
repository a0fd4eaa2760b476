"""A cluster that exists is checked before anything is created in it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from components.found_cluster import FoundNode, FoundNodeGroup
from components.spec.errors import NOT_SET
from settings.deployed import Deployed
from settings.existing import Existing
from settings.rules import warnings
from settings.stack import Settings
from tests.settings.configs import checked
from tests.settings.existing import (
    CLUSTER,
    GROUP,
    IN_A,
    IN_B,
    NETWORK,
    OBJECTS,
    OF_CLUSTER,
    ON_CLUSTER,
    OTHER_VPC,
    PLATFORM,
    VPC,
    A,
    B,
    C,
    ExistingCase,
    objects,
    platform,
)

EXISTING = "cluster.existing"
ADDED_GROUP = "sg-0bbbbbbbbbbbbbbb0"
EFS, FSX = "efs.csi.aws.com", "fsx.csi.aws.com"
ACCOUNTS = frozenset({("kube-system", "efs-csi-controller-sa")})
ENTRY = {"ds": {"principalArn": "arn:aws:iam::123456789012:role/ds"}}
EVERYWHERE = frozenset({"one", "two"})

CREATED = {
    "version": "1.36",
    "upgradePolicy": "STANDARD",
    "publicAccessCidrs": ["192.31.196.1/32"],
    "deployedFromInside": True,
    "logTypes": ["api"],
    "logRetentionDays": 7,
    "addons": {"metrics-server": {}},
}
CASES = {
    "a name that no cluster has": ExistingCase(
        {**ON_CLUSTER, "cluster": {"existing": "arn:aws:eks:x"}},
        platform(),
        EXISTING,
        "must be the name of an EKS cluster",
        "arn:aws:eks:x",
        "aws eks list-clusters",
    ),
    "a cluster that is not there": ExistingCase(
        ON_CLUSTER,
        Existing(),
        EXISTING,
        "must be an EKS cluster that the account has",
        CLUSTER,
        "aws eks list-clusters --region us-west-2",
    ),
    "a misspelt cluster": ExistingCase(
        ON_CLUSTER,
        Existing(cluster_names=("platform-2", "other")),
        EXISTING,
        "must be an EKS cluster that the account has",
        CLUSTER,
        'did you mean "platform-2"?',
    ),
    "a cluster that is being made": ExistingCase(
        ON_CLUSTER,
        platform(status="CREATING"),
        EXISTING,
        "is CREATING",
        CLUSTER,
        "aws eks wait cluster-active",
    ),
    "an old version": ExistingCase(
        ON_CLUSTER,
        platform(version="1.29"),
        EXISTING,
        "must be 1.30 or later",
        CLUSTER,
        "update-cluster-version",
    ),
    "an API server that is not reached": ExistingCase(
        ON_CLUSTER,
        platform(unanswered="https://x does not answer: timed out"),
        EXISTING,
        "must answer here: https://x does not answer: timed out",
        CLUSTER,
        "in its VPC",
    ),
    "a deployer without an entry": ExistingCase(
        ON_CLUSTER,
        platform(unanswered="Unauthorized", refused=True),
        EXISTING,
        "by an access entry: Unauthorized",
        CLUSTER,
        "aws eks create-access-entry",
    ),
    "a deployer that is not in aws-auth": ExistingCase(
        ON_CLUSTER,
        platform(unanswered="Unauthorized", refused=True, authentication_mode="CONFIG_MAP"),
        EXISTING,
        "by its ConfigMap aws-auth",
        CLUSTER,
        "authenticationMode=API_AND_CONFIG_MAP",
    ),
    "entries of a cluster that takes none": ExistingCase(
        {**ON_CLUSTER, "cluster.accessEntries": ENTRY},
        platform(authentication_mode="CONFIG_MAP"),
        "cluster.accessEntries",
        "CONFIG_MAP, which takes no access entries",
        ["ds"],
        "authenticationMode=API_AND_CONFIG_MAP",
    ),
    "another VPC": ExistingCase(
        {**ON_CLUSTER, "network": {"existing": {"vpcId": VPC, "subnetIds": [IN_A, IN_B]}}},
        Existing(NETWORK, replace(PLATFORM, vpc_id=OTHER_VPC)),
        "network.existing",
        f"the VPC of the cluster, {OTHER_VPC}",
        VPC,
        "remove network",
    ),
    "no agent": ExistingCase(
        ON_CLUSTER,
        platform(addons=frozenset()),
        EXISTING,
        "no EKS Pod Identity Agent",
        CLUSTER,
        f"--addon-name eks-pod-identity-agent --cluster-name {CLUSTER}",
    ),
    "no node": ExistingCase(
        ON_CLUSTER,
        objects(nodes=()),
        "nodeGroups",
        "no node",
        NOT_SET,
        "add a node to the cluster",
    ),
    "nodes where EFS has no mount target": ExistingCase(
        {**ON_CLUSTER, "network": {"existing": {"vpcId": VPC, "subnetIds": [IN_A, IN_B]}}},
        replace(objects(nodes=(*OBJECTS.nodes, FoundNode("three", C, "cpu"))), network=NETWORK),
        "network.existing.subnetIds",
        f"nodes are in {C} too",
        [A, B],
        "each zone with nodes",
    ),
    "no node beside Lustre": ExistingCase(
        {**ON_CLUSTER, "storage.backend": "fsx", "storage.fsx.zone": B},
        objects(nodes=OBJECTS.nodes[:1]),
        "storage.fsx.zone",
        f"no node is in {B}",
        B,
        f"set {A}",
    ),
    "no id of a group": ExistingCase(
        {**ON_CLUSTER, "cluster.nodeSecurityGroupIds": ["nodes"]},
        platform(),
        "cluster.nodeSecurityGroupIds[0]",
        "must be the id of a security group",
        "nodes",
        "describe-security-groups",
    ),
    "a group twice": ExistingCase(
        {**ON_CLUSTER, "cluster.nodeSecurityGroupIds": [ADDED_GROUP, ADDED_GROUP]},
        replace(platform(), security_groups={ADDED_GROUP: VPC}),
        "cluster.nodeSecurityGroupIds[1]",
        "must be named once",
        ADDED_GROUP,
        "remove it",
    ),
    "a group without a cluster": ExistingCase(
        {"storage.backend": "efs", "cluster.nodeSecurityGroupIds": [ADDED_GROUP]},
        Existing(),
        "cluster.nodeSecurityGroupIds",
        "have the cluster's own security group",
        [ADDED_GROUP],
        "name the cluster in existing",
    ),
    "a group that is not there": ExistingCase(
        {**ON_CLUSTER, "cluster.nodeSecurityGroupIds": [ADDED_GROUP]},
        replace(platform(), security_groups={}),
        "cluster.nodeSecurityGroupIds[0]",
        "must be a security group that the account has",
        ADDED_GROUP,
        "describe-security-groups",
    ),
    "a group of another VPC": ExistingCase(
        {**ON_CLUSTER, "cluster.nodeSecurityGroupIds": [ADDED_GROUP]},
        replace(platform(), security_groups={ADDED_GROUP: OTHER_VPC}),
        "cluster.nodeSecurityGroupIds[0]",
        f"is of {OTHER_VPC}",
        ADDED_GROUP,
        "the group that the nodes have",
    ),
    "an object of a driver that is gone": ExistingCase(
        {**ON_CLUSTER, "storage.backend": "fsx"},
        objects(csi_drivers=frozenset({FSX})),
        EXISTING,
        f"the object CSIDriver {FSX}",
        CLUSTER,
        f"kubectl delete csidriver {FSX}",
    ),
    "a claim of others": ExistingCase(
        ON_CLUSTER,
        objects(claims=frozenset({("training", "shared")})),
        "storage.namespaces[0]",
        "PersistentVolumeClaim shared",
        "training",
        "another namespace",
    ),
    "a volume of others": ExistingCase(
        ON_CLUSTER,
        objects(volumes=frozenset({"shared-training"})),
        "storage.namespaces[0]",
        "PersistentVolume shared-training",
        "training",
        "another namespace",
    ),
    "a scratch volume of another stack": ExistingCase(
        {
            **ON_CLUSTER,
            "storage.scratch": {},
            "nodeGroups": {"gpu": {"instanceTypes": ["g5.2xlarge"], "instanceStore": True}},
        },
        objects(namespaces=OBJECTS.namespaces | {"eks-ml-scratch"}),
        "storage.scratch",
        "a cluster has one scratch volume",
        {},
        "remove storage.scratch",
    ),
    "a storage class of others": ExistingCase(
        {**ON_CLUSTER, "storage.efs.classes": {"efs-sc": {}}},
        objects(storage_classes=frozenset({"efs-sc"})),
        "storage.efs.classes.efs-sc",
        "a StorageClass of others",
        "efs-sc",
        "rename it",
    ),
    "a cluster of the stack's own is there": ExistingCase(
        ON_CLUSTER,
        platform(),
        EXISTING,
        "made its own cluster",
        CLUSTER,
        "destroy the stack first",
        Deployed(cluster={"name": "own"}),
    ),
    "another cluster": ExistingCase(
        ON_CLUSTER,
        platform(),
        EXISTING,
        "the stack is on cluster other",
        CLUSTER,
        "set other",
        Deployed(existing_cluster="other", existing_vpc=VPC),
    ),
    "back to a cluster of its own": ExistingCase(
        {"storage.backend": "efs"},
        Existing(),
        EXISTING,
        "the stack is on cluster other",
        NOT_SET,
        "set other",
        Deployed(existing_cluster="other"),
    ),
    **{
        f"{key} of a new cluster": ExistingCase(
            {**ON_CLUSTER, f"cluster.{key}": value},
            platform(),
            f"cluster.{key}",
            "used as it is",
            tuple(value) if isinstance(value, list) else value,
            f"remove {key}",
        )
        for key, value in CREATED.items()
        if key != "addons"
    },
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_refused(case: ExistingCase) -> None:
    case.assert_refused()


def test_add_ons_of_a_cluster_that_exists_are_its_owners_business() -> None:
    changes = {**ON_CLUSTER, "cluster.addons": CREATED["addons"]}
    _, errors = checked(changes, existing=platform())
    assert [one.path for one in errors] == [("cluster", "addons")]


def accepted(existing: Existing, deployed: Deployed = Deployed()) -> Settings:  # noqa: B008
    """The settings of a config that has no error on what was found."""
    settings, errors = checked(ON_CLUSTER, existing=existing, deployed=deployed)
    assert errors == []
    return settings


def test_a_cluster_tells_the_network_the_zones_and_its_version() -> None:
    settings = accepted(platform(version="1.34"))
    assert settings.network.zones == (A, B)
    assert settings.cluster.version == "1.34"
    assert settings.cluster_name == CLUSTER


def test_a_group_of_the_stacks_own_joins_it() -> None:
    changes = {**ON_CLUSTER, "nodeGroups": {"gpu": {"instanceTypes": ["m6i.large"]}}}
    assert checked(changes, existing=objects(nodes=()))[1] == []


@pytest.mark.parametrize(
    "existing",
    [
        platform(auto_mode=True, addons=frozenset()),
        objects(daemon_sets=frozenset({("kube-system", "eks-pod-identity-agent")})),
    ],
    ids=["Auto Mode", "a DaemonSet"],
)
def test_the_agent_may_come_another_way(existing: Existing) -> None:
    accepted(replace(existing, cluster=replace(existing.cluster, addons=frozenset())))  # type: ignore[type-var]


def test_in_auto_mode_a_node_comes_with_the_first_pod() -> None:
    accepted(platform(auto_mode=True, objects=replace(OBJECTS, nodes=())))


def test_a_driver_of_others_is_used_and_one_of_the_stack_stays_the_stacks() -> None:
    running = objects(drivers={EFS: EVERYWHERE}, csi_drivers=frozenset({EFS}))
    theirs = accepted(running)
    assert theirs.uses_their_driver(EFS)
    assert not theirs.uses_their_driver(FSX)
    assert [one.rule for one in warnings(theirs) if EFS in one.rule]
    ours = accepted(running, Deployed(existing_cluster=CLUSTER, service_accounts=ACCOUNTS))
    assert not ours.uses_their_driver(EFS), "the stack installed it"
    add_on = accepted(platform(addons=PLATFORM.addons | {"aws-efs-csi-driver"}))
    assert add_on.uses_their_driver(EFS), "its pods may not run yet"


def test_the_role_of_a_driver_of_others_decides_about_mounts_of_s3_files() -> None:
    existing = objects(drivers={EFS: EVERYWHERE}, csi_drivers=frozenset({EFS}))
    changes = {**ON_CLUSTER, "storage.backend": "s3files"}
    settings, errors = checked(changes, existing=existing)
    assert errors == []
    (said,) = [one for one in warnings(settings) if EFS in one.rule]
    assert "mount S3 Files by their role" in said.rule
    assert "kube-system/efs-csi-node-sa" in said.remedy


def test_the_object_of_the_efs_driver_is_the_stacks_unless_one_was_left() -> None:
    assert accepted(platform()).own_driver_objects == {EFS}
    there = objects(csi_drivers=frozenset({EFS}))
    assert accepted(there).own_driver_objects == set(), "what was left stays"
    deployed = Deployed(
        existing_cluster=CLUSTER, service_accounts=ACCOUNTS, csi_drivers=frozenset({EFS})
    )
    assert accepted(there, deployed).own_driver_objects == {EFS}


def test_a_controller_of_others_is_used_with_a_warning() -> None:
    settings = accepted(objects(ack_controllers=frozenset({"ack-system"})))
    assert settings.uses_their_controller
    assert not settings.installs_controller
    assert [one for one in warnings(settings) if "ACK's controller" in one.rule]
    ours = Deployed(
        existing_cluster=CLUSTER,
        service_accounts=frozenset({("ack-system", "ack-sagemaker-controller")}),
    )
    assert accepted(objects(ack_controllers=frozenset({"ack-system"})), ours).installs_controller


def test_a_controller_comes_to_a_cluster_of_others_for_training_jobs_only() -> None:
    assert accepted(platform()).installs_controller
    changes = {**ON_CLUSTER, "training": {}, "bucket": {}}
    settings, errors = checked(changes, existing=platform())
    assert errors == []
    assert not settings.installs_controller


def test_namespaces_of_others_are_used_and_the_stacks_own_stay_its_own() -> None:
    there = objects(namespaces=OBJECTS.namespaces | {"training"})
    assert "training" in accepted(there).their_namespaces
    deployed = Deployed(existing_cluster=CLUSTER, namespaces=frozenset({"training"}))
    assert "training" not in accepted(there, deployed).their_namespaces


def test_the_stacks_own_claims_and_volumes_are_not_others() -> None:
    deployed = Deployed(
        existing_cluster=CLUSTER,
        claims={("training", "shared"): "efs"},
        volumes=frozenset({"shared-training"}),
    )
    there = objects(claims=frozenset(deployed.claims), volumes=deployed.volumes)
    accepted(there, deployed)


def test_nodes_of_no_managed_group_are_a_warning_unless_their_groups_are_named() -> None:
    karpenter = (FoundNode("one", A), *OBJECTS.nodes[1:])
    settings = accepted(objects(nodes=karpenter))
    assert [one for one in warnings(settings) if "1 nodes in no managed group" in one.rule]
    named = {**ON_CLUSTER, "cluster.nodeSecurityGroupIds": [ADDED_GROUP]}
    existing = replace(objects(nodes=karpenter), security_groups={ADDED_GROUP: VPC})
    settings, errors = checked(named, existing=existing)
    assert errors == []
    assert not [one for one in warnings(settings) if "no managed group" in one.rule]


def test_security_groups_of_launch_templates_are_told_beside_the_clusters_own() -> None:
    group = FoundNodeGroup("cpu", (IN_A,), (GROUP, ADDED_GROUP))
    assert replace(PLATFORM, node_groups=(group,)).node_security_group_ids == (ADDED_GROUP,)


def test_the_subnets_are_those_of_node_groups_or_else_of_the_control_plane() -> None:
    assert PLATFORM.node_subnet_ids == (IN_A, IN_B)
    assert replace(PLATFORM, node_groups=()).node_subnet_ids == PLATFORM.subnet_ids
    assert OF_CLUSTER.of_cluster
