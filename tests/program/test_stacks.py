"""Properties of the shipped stacks as a whole."""

import importlib
import inspect
import re
from collections import Counter
from typing import Any

from components.tags import TAGGED_TYPES
from tests.mocks import Deployment, Secret

EXPORTS = {
    "bucket",
    "claims",
    "clusterName",
    "fileSystemDnsName",
    "fileSystemId",
    "kubeconfig",
    "kubeconfigCommand",
    "mountCommand",
    "mountName",
    "mountPath",
    "storageBackend",
    "datasets",
    "storageClass",
    "trainingJobs",
    "vpcId",
    "workloadsImage",
}

MADE_BY_PULUMI_EKS = {
    "aws:ec2/securityGroup:SecurityGroup",
    "aws:eks/accessEntry:AccessEntry",
    "aws:eks/accessPolicyAssociation:AccessPolicyAssociation",
    "aws:eks/addon:Addon",
    "aws:eks/cluster:Cluster",
    "aws:eks/nodeGroup:NodeGroup",
    "aws:iam/role:Role",
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
}
"""Types of the children of its Cluster, ManagedNodeGroup and Addon, as this program uses them."""


def sdk_class(type_: str) -> Any:
    """The class of pulumi_aws for a type token, as aws:ec2/vpc:Vpc."""
    _, module, name = type_.split(":")
    return getattr(importlib.import_module(f"pulumi_aws.{module.split('/')[0]}"), name)


def accepted(type_: str) -> set[str]:
    """The inputs that pulumi_aws takes for a type, by their names on the wire."""
    parameters = inspect.signature(sdk_class(type_)._internal_init).parameters
    words = (name.split("_") for name in parameters)
    return {first + "".join(word.capitalize() for word in rest) for first, *rest in words}


def test_a_person_is_told_what_they_need(stack: Deployment) -> None:
    assert set(stack.exports) - {"inbox", "inboxDeadLetters", "modelEndpoints"} == EXPORTS
    assert all(stack.exports.values())


def test_the_kubeconfig_is_a_secret(stack: Deployment) -> None:
    assert isinstance(stack.exports["kubeconfig"], Secret)


def test_every_resource_that_takes_tags_says_whose_it_is(stack: Deployment) -> None:
    found = {each.type for each in stack.resources if each.type.startswith("aws:")}
    taggable = {each for each in found | MADE_BY_PULUMI_EKS if "tags" in accepted(each)}
    assert taggable <= TAGGED_TYPES, "types that take tags and would get none"
    for each in (each for each in stack.resources if each.type in taggable):
        tags = each.inputs["tags"]
        assert (tags["Project"], tags["Name"]) == ("eks-ml-storage", each.name), each.name
        assert tags["Stack"] in {"dev", "prod", "patterns"}


def test_nothing_is_tagged_that_takes_no_tags() -> None:
    assert [each for each in TAGGED_TYPES if "tags" not in accepted(each)] == []


def test_every_input_is_one_that_pulumi_aws_takes(stack: Deployment) -> None:
    for each in (each for each in stack.resources if each.type.startswith("aws:")):
        assert set(each.inputs) <= accepted(each.type), each.name


def test_no_name_is_used_twice_for_a_type(stack: Deployment) -> None:
    urns = [each.urn for each in stack.resources]
    assert sorted(urns) == sorted(set(urns))


def test_little_but_components_stands_right_under_the_stack(stack: Deployment) -> None:
    """The provider, and the marker by which a later update knows that there was an earlier one."""
    tops = [each for each in stack.resources if stack.parent_of(each) is None]
    assert [each.type for each in tops if not each.type.startswith("eks-ml-storage:")] == [
        "pulumi:index:Stash",
        "pulumi:providers:kubernetes",
    ]


def test_children_are_named_after_their_component(stack: Deployment) -> None:
    for each in stack.resources:
        parent = stack.parent_of(each)
        if parent is not None:
            # Rules of a client's access keep the names that they had as the file system's.
            access = parent.type.endswith(":ClientAccess")
            first = parent.name.rpartition("-")[0] if access else parent.name
            assert each.name.startswith(first), f"{each.name} is a child of {parent.name}"


def test_all_of_kubernetes_goes_through_one_provider(stack: Deployment) -> None:
    (provider,) = stack.of_type("pulumi:providers:kubernetes")
    objects = [each for each in stack.resources if each.type.startswith("kubernetes:")]
    assert objects
    assert {each.options.provider.rsplit("::", maxsplit=1)[0] for each in objects} == {provider.urn}


def test_what_holds_data_is_protected_in_prod_and_only_there(
    dev: Deployment, prod: Deployment
) -> None:
    assert [each.name for each in dev.resources if each.options.protect] == []
    assert {each.name for each in prod.resources if each.options.protect} == {
        "cluster-secrets",
        "data-bucket",
        "storage-file-system",
    }
    clusters = [each.one("eks:index:Cluster").inputs["deletionProtection"] for each in (dev, prod)]
    assert clusters == [False, True]


def test_teardown_takes_jobs_then_claims_then_drivers_then_nodes(stack: Deployment) -> None:
    nodes = {each.urn for each in stack.of_type(":ManagedNodeGroup")}
    (driver,) = (each for each in stack.of_type(":Release") if "mount-driver" in each.name)
    launcher = stack.one(":Release", "training-controller-release")
    for each in (driver, launcher):
        assert nodes <= stack.waits_in_the_end_for(each), f"{each.name} would outlive its nodes"
    for each in (*stack.of_type(":PersistentVolume"), *stack.of_type(":PersistentVolumeClaim")):
        assert driver.urn in stack.waits_in_the_end_for(each)
    for each in stack.of_type("v1alpha1:TrainingJob"):
        assert launcher.urn in stack.waits_in_the_end_for(each), "else no one takes its finalizer"


def test_pods_with_aws_permissions_live_within_the_life_of_the_agent(stack: Deployment) -> None:
    agent = stack.one("eks:index:Addon", "cluster-eks-pod-identity-agent")
    for each in (*stack.of_type(":Release"), *stack.of_type(":Job")):
        assert agent.urn in stack.waits_in_the_end_for(each), f"{each.name} has no credentials"


def test_a_file_system_goes_before_its_bucket_and_before_the_rules_it_needs(
    prod: Deployment,
) -> None:
    waited = prod.waits_in_the_end_for(prod.one(":LustreFileSystem"))
    assert prod.one(":Bucket", "data-bucket").urn in waited
    assert prod.one(":SecurityGroup", "storage-file-servers").urn in waited


def test_the_names_of_the_jobs_are_of_the_stack_and_their_dataset(stack: Deployment) -> None:
    (name,) = stack.exports["trainingJobs"].values()
    assert re.fullmatch(r"(dev|prod|patterns)-digits-[0-9a-f]{8}", name)


def test_components_ask_for_account_and_region_once(stack: Deployment) -> None:
    """The settings ask for the caller too, before they know whether there is anything to make."""
    asked = Counter(token for token, _ in stack.invokes)
    assert asked["aws:index/getRegion:getRegion"] == 1
    assert asked["aws:index/getPartition:getPartition"] == 1
    assert asked["aws:index/getCallerIdentity:getCallerIdentity"] == 2
