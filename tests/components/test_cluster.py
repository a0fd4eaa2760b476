import asyncio
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest

from components.addons import ClusterAddons
from components.cluster import Cluster, ClusterArgs, access_policy_arn
from components.cluster_spec import ClusterSpec
from components.kubeconfig import Credentials
from tests.mocks import (
    CLUSTER_GROUP,
    FUNCTIONS,
    REGION,
    Deployment,
    Registration,
    deploy,
    names,
)

LOG_GROUP = "/aws/eks/eks-ml-storage-test/cluster"
ADMIN = "arn:aws:iam::123456789012:role/admin"


def spec(**changes: Any) -> ClusterSpec:
    return ClusterSpec.model_validate({"public_access_cidrs": ["192.31.196.0/24"], **changes})


def arguments(
    *, credentials: Credentials | None = None, protect: bool = False, **changes: Any
) -> ClusterArgs:
    return {
        "spec": spec(**changes),
        "name": "eks-ml-storage-test",
        "vpc_id": "vpc-1",
        "subnet_ids": ["subnet-1", "subnet-2"],
        "credentials": credentials or Credentials(),
        "protect": protect,
    }


def cluster(*, protect: bool = False, **changes: Any) -> Deployment:
    """A cluster with its add-ons, beside one node."""

    def program() -> None:
        node = aws.ec2.Vpc("a-node")
        made = Cluster("main", arguments(protect=protect, **changes))
        ClusterAddons(
            "main",
            {"spec": spec(**changes), "cluster": made.eks_cluster},
            pulumi.ResourceOptions(depends_on=[node]),
        )

    return deploy(program)


def test_access_is_by_the_eks_api_alone_and_nothing_of_nodes_comes_along() -> None:
    inputs = cluster().one("eks:index:Cluster").inputs
    assert inputs["authenticationMode"] == "API"
    assert inputs["createOidcProvider"] is False
    assert inputs["skipDefaultNodeGroup"] is True
    assert inputs["skipDefaultSecurityGroups"] is True
    assert "instanceRoles" not in inputs


def test_the_api_server_is_private_but_for_named_addresses() -> None:
    inputs = cluster().one("eks:index:Cluster").inputs
    assert inputs["endpointPrivateAccess"] is True
    assert inputs["endpointPublicAccess"] is True
    assert inputs["publicAccessCidrs"] == ["192.31.196.0/24"]


def test_without_named_addresses_the_api_server_is_not_public_at_all() -> None:
    inputs = cluster(public_access_cidrs=[]).one("eks:index:Cluster").inputs
    assert inputs["endpointPublicAccess"] is False
    assert "publicAccessCidrs" not in inputs, "EKS refuses addresses without a public endpoint"


def test_the_log_group_is_there_before_eks_would_make_one() -> None:
    made = cluster()
    group = made.one(":LogGroup")
    assert group.inputs["name"] == "/aws/eks/eks-ml-storage-test/cluster"
    assert group.inputs["retentionInDays"] == 30
    assert group in made.waits_for(made.one("eks:index:Cluster"))


def log_group_of_an_account(monkeypatch: pytest.MonkeyPatch, clusters: list[str]) -> Registration:
    """The log group, where one is there already, beside clusters of these names."""
    told = {
        "aws:cloudwatch/getLogGroups:getLogGroups": {"logGroupNames": [LOG_GROUP]},
        "aws:eks/getClusters:getClusters": {"names": clusters},
    }
    for token, answer in told.items():
        monkeypatch.setitem(FUNCTIONS, token, lambda _, answer=answer: {"id": REGION, **answer})
    return cluster().one(":LogGroup")


def test_the_log_group_stays_for_what_eks_writes_late(monkeypatch: pytest.MonkeyPatch) -> None:
    group = cluster().one(":LogGroup")
    assert group.options.retainOnDelete, "EKS would make it again, with no retention"
    assert not group.options.importId


def test_the_log_group_of_an_earlier_cluster_is_taken_over(monkeypatch: pytest.MonkeyPatch) -> None:
    assert log_group_of_an_account(monkeypatch, ["another"]).options.importId == LOG_GROUP


def test_the_log_group_of_a_cluster_that_stands_is_in_the_state_already(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert not log_group_of_an_account(monkeypatch, ["eks-ml-storage-test"]).options.importId


def test_the_support_that_runs_out_is_the_one_of_the_settings() -> None:
    made = cluster(upgrade_policy="STANDARD").one("eks:index:Cluster")
    assert made.inputs["upgradePolicy"] == {"supportType": "STANDARD"}


def test_a_cluster_is_called_after_its_project_and_stack() -> None:
    assert cluster().one("eks:index:Cluster").inputs["name"] == "eks-ml-storage-test"


def test_secrets_are_encrypted_with_a_rotated_key() -> None:
    made = cluster()
    key = made.one(":Key")
    assert key.inputs["enableKeyRotation"] is True
    assert key in made.waits_for(made.one("eks:index:Cluster"))


@pytest.mark.parametrize("protect", [False, True])
def test_protection_holds_the_cluster_and_the_key_of_its_secrets(*, protect: bool) -> None:
    made = cluster(protect=protect)
    assert made.one("eks:index:Cluster").inputs["deletionProtection"] is protect
    assert made.one(":Key").options.protect is protect, "without it no secret can be read"


def test_access_entries_carry_one_policy_each() -> None:
    entries = {
        "admins": {
            "principal_arn": ADMIN,
            "policy": "AmazonEKSClusterAdminPolicy",
        },
        "team": {"principal_arn": ADMIN, "policy": "AmazonEKSEditPolicy", "namespaces": ["a"]},
    }
    given = cluster(access_entries=entries).one("eks:index:Cluster").inputs["accessEntries"]
    assert given["admins"]["accessPolicies"]["policy"] == {
        "policyArn": "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy",
        "accessScope": {"type": "cluster"},
    }
    assert given["team"]["accessPolicies"]["policy"]["accessScope"] == {
        "type": "namespace",
        "namespaces": ["a"],
    }


def test_a_policy_is_of_the_partition_of_its_principal() -> None:
    china = "arn:aws-cn:iam::123456789012:role/admin"
    assert access_policy_arn(china, "AmazonEKSViewPolicy") == (
        "arn:aws-cn:eks::aws:cluster-access-policy/AmazonEKSViewPolicy"
    )


def test_the_pod_identity_agent_and_coredns_are_always_installed() -> None:
    assert names(cluster().of_type("eks:index:Addon")) == [
        "main-coredns",
        "main-eks-pod-identity-agent",
    ]


def test_add_ons_of_daemons_do_not_wait_for_nodes_and_the_others_do() -> None:
    made = cluster(addons={"metrics-server": {}})
    waiting = {
        each.name: made.one(":Vpc") in made.waits_for(each) for each in made.of_type(":Addon")
    }
    assert waiting == {
        "main-eks-pod-identity-agent": False,
        "main-coredns": True,
        "main-metrics-server": True,
    }


def test_two_clusters_fit_in_one_stack() -> None:
    def program() -> None:
        for name in ("one", "two"):
            made = Cluster(name, {**arguments(), "name": f"ml-{name}"})
            ClusterAddons(name, {"spec": spec(), "cluster": made.eks_cluster})

    made = deploy(program)
    assert len({each.urn for each in made.resources}) == len(made.resources)
    for type_, key in (("eks:index:Cluster", "name"), (":Alias", "name"), (":LogGroup", "name")):
        assert len({each.inputs[key] for each in made.of_type(type_)}) == 2


def test_the_versions_and_settings_of_add_ons_reach_eks() -> None:
    addons = {
        "coredns": {"version": "v1.12", "configuration_values": {"replicaCount": 3}},
        "vpc-cni": {"version": "v1.20", "configuration_values": {"enableNetworkPolicy": "true"}},
        "kube-proxy": {"version": "v1.34"},
    }
    made = cluster(addons=addons)
    coredns = made.one("eks:index:Addon", "main-coredns").inputs
    assert (coredns["addonVersion"], coredns["configurationValues"]) == (
        "v1.12",
        {"replicaCount": 3},
    )
    inputs = made.one("eks:index:Cluster").inputs
    assert inputs["vpcCniOptions"]["addonVersion"] == "v1.20"
    assert inputs["kubeProxyAddonOptions"]["version"] == "v1.34"
    assert "main-vpc-cni" not in names(made.of_type("eks:index:Addon")), "pulumi-eks has it"


def test_add_ons_without_a_version_get_one_that_is_kept_until_kubernetes_changes() -> None:
    made = cluster(version="1.35")
    inputs = made.one("eks:index:Cluster").inputs
    versions = {
        "vpc-cni": inputs["vpcCniOptions"]["addonVersion"],
        "kube-proxy": inputs["kubeProxyAddonOptions"]["version"],
        "coredns": made.one("eks:index:Addon", "main-coredns").inputs["addonVersion"],
        "eks-pod-identity-agent": made.one("eks:index:Addon", "main-eks-pod-identity-agent").inputs[
            "addonVersion"
        ],
    }
    for addon, version in versions.items():
        assert version == f"v1.35.1-newest-{addon}", "pulumi-eks would ask anew at every update"
        kept = made.one("pulumi:index:Stash", f"main-{addon}-version").options
        assert list(kept.ignoreChanges) == ["input"], "a newer release changes nothing"
        assert kept.replacement_trigger.string_value == "1.35"


def test_an_add_on_whose_version_is_given_keeps_no_other() -> None:
    made = cluster(addons={"coredns": {"version": "v1.12.3-eksbuild.1"}})
    assert "main-coredns-version" not in names(made.of_type("pulumi:index:Stash"))


@pytest.mark.parametrize("attribute", ["name", "security_group_id"])
def test_what_others_use_of_the_cluster_is_known_once_it_answers(attribute: str) -> None:
    def program() -> None:
        value = getattr(Cluster("main", arguments()), attribute)
        aws.ec2.SecurityGroup("user", description=value)
        pulumi.export("value", value)

    made = deploy(program)
    assert (
        made.exports["value"]
        == {"name": "eks-ml-storage-test", "security_group_id": CLUSTER_GROUP}[attribute]
    )
    assert made.one("eks:index:Cluster") in made.waits_for(made.one(":SecurityGroup"))


def test_a_kubeconfig_with_keys_of_the_config_is_a_secret() -> None:
    keys = {"AWS_ACCESS_KEY_ID": "AKIA", "AWS_SECRET_ACCESS_KEY": "hush"}
    given = Credentials(profile="ops", environment=keys)
    found: list[Cluster] = []
    deploy(lambda: found.append(Cluster("main", arguments(credentials=given))))
    assert asyncio.run(found[0].kubeconfig.is_secret())


def test_people_get_a_kubeconfig_with_the_profile_that_deployed() -> None:
    given = Credentials(profile="ops")
    told: list[Any] = []

    def program() -> None:
        cluster = Cluster("main", arguments(credentials=given))
        cluster.kubeconfig_command.apply(told.append)

    deploy(program)
    assert told == [
        "aws eks update-kubeconfig --region us-west-2 --name eks-ml-storage-test --profile ops"
    ]
