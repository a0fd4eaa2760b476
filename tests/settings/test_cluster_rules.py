"""The network, the cluster and its node groups."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Network
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.addresses import allocate_subnets
from components.cluster_spec import ClusterSpec
from components.instance_type import accelerator, architecture
from components.spec.errors import NOT_SET
from settings.account import Account
from settings.rules import warnings
from settings.rules.cluster import same_principal
from tests.settings.configs import ACCOUNT, REMOVED, Case, assert_refused, checked, errors, keys

CPU = "nodeGroups.cpu"

CASES = {
    "a CIDR that is none": Case(
        {"network.cidr": "10.0.0.0"}, "network.cidr", "/16 to /22", "10.0.0.0", "10.0.0.0/16"
    ),
    "a CIDR with words": Case(
        {"network.cidr": "ten"}, "network.cidr", "IPv4 network", "ten", "10.0.0.0/16"
    ),
    "a CIDR that begins in the middle": Case(
        {"network.cidr": "10.20.1.0/16"},
        "network.cidr",
        "network's address",
        "10.20.1.0/16",
        "set 10.20.0.0/16",
    ),
    "a CIDR as a netmask": Case(
        {"network.cidr": "10.20.0.0/255.255.0.0"},
        "network.cidr",
        "ADDRESS/LENGTH",
        "10.20.0.0/255.255.0.0",
        "set 10.20.0.0/16",
    ),
    "a CIDR as the mask of its hosts": Case(
        {"network.cidr": "10.20.0.0/0.0.255.255"},
        "network.cidr",
        "ADDRESS/LENGTH",
        "10.20.0.0/0.0.255.255",
        "set 10.20.0.0/16",
    ),
    "a CIDR with a length of three digits": Case(
        {"network.cidr": "10.20.0.0/016"},
        "network.cidr",
        "ADDRESS/LENGTH",
        "10.20.0.0/016",
        "set 10.20.0.0/16",
    ),
    **{
        f"a VPC of {kind} addresses": Case(
            {"network.cidr": block}, "network.cidr", "that a VPC can have", block, "10.0.0.0/16"
        )
        for kind, block in {
            "loopback": "127.0.0.0/16",
            "link-local": "169.254.0.0/16",
            "no network's": "0.0.0.0/16",
            "AWS's own": "198.19.0.0/16",
            "multicast": "224.0.0.0/16",
            "reserved": "240.0.0.0/16",
        }.items()
    },
    "an access entry in a namespace that is none": Case(
        {
            "cluster.accessEntries.ops": {
                "principalArn": "arn:aws:iam::123456789012:role/ops",
                "namespaces": ["training", "Team A"],
            }
        },
        "cluster.accessEntries.ops.namespaces[1]",
        "must be a namespace",
        "Team A",
        "holds in all",
    ),
    "an access entry in one namespace twice": Case(
        {
            "cluster.accessEntries.ops": {
                "principalArn": "arn:aws:iam::123456789012:role/ops",
                "namespaces": ["training", "training"],
            }
        },
        "cluster.accessEntries.ops.namespaces[1]",
        "named once",
        "training",
        "remove it",
    ),
    "a VPC larger than AWS makes": Case(
        {"network.cidr": "10.0.0.0/8"}, "network.cidr", "/16 to /22", "10.0.0.0/8", "10.0.0.0/16"
    ),
    "a VPC too small for its subnets": Case(
        {"network.cidr": "10.0.0.0/24"}, "network.cidr", "below AWS's /28", "10.0.0.0/24", "/16"
    ),
    "no zones": Case(
        {"network.zones": REMOVED}, "network.zones", "at least 2 zones", NOT_SET, "name two zones"
    ),
    "more zones than the VPC is shared out among": Case(
        {"network.zones": [f"us-west-2{letter}" for letter in "abcdefgh"]},
        "network.zones",
        "at most 7 zones",
        [f"us-west-2{letter}" for letter in "abcdefgh"],
        "remove some",
    ),
    "a zone of another Region": Case(
        {"network.zones": ["us-west-2a", "us-west-2b", "eu-west-1a"]},
        "network.zones[2]",
        "zone of the Region",
        "eu-west-1a",
        "us-west-2a",
    ),
    "a zone named twice": Case(
        {"network.zones": ["us-west-2a", "us-west-2b", "us-west-2b"]},
        "network.zones[2]",
        "once",
        "us-west-2b",
        "remove",
    ),
    "a version without a minor part": Case(
        {"cluster.version": "1"}, "cluster.version", "major and minor", "1", "describe-cluster"
    ),
    "an image for another Kubernetes": Case(
        {f"{CPU}.releaseVersion": "1.35.2-20261118"},
        f"{CPU}.releaseVersion",
        "for Kubernetes 1.36",
        "1.35.2-20261118",
        "remove it, or see `aws ssm",
    ),
    "a version that lost its quotes": Case(
        {"cluster.version": 1.3}, "cluster.version", "a string", 1.3, "1.30 is read as 1.3"
    ),
    "a log type that is none": Case(
        {"cluster.logTypes": ["api", "audits"]},
        "cluster.logTypes[1]",
        "one of api, audit, authenticator, controllerManager, scheduler",
        "audits",
        '"audit"',
    ),
    "a retention CloudWatch does not have": Case(
        {"cluster.logRetentionDays": 31},
        "cluster.logRetentionDays",
        "30",
        31,
        "set 30, the nearest",
    ),
    "an access entry of a session": Case(
        {
            "cluster.accessEntries": {
                "me": {"principalArn": "arn:aws:sts::123456789012:assumed-role/admin/me"}
            }
        },
        "cluster.accessEntries.me.principalArn",
        "IAM role or user",
        "arn:aws:sts::123456789012:assumed-role/admin/me",
        "role/NAME",
    ),
    "two access entries of one principal": Case(
        {
            "cluster.accessEntries": {
                "first": {"principalArn": "arn:aws:iam::123456789012:role/x"},
                "second": {"principalArn": "arn:aws:iam::123456789012:role/x"},
            }
        },
        "cluster.accessEntries.second.principalArn",
        "one access entry, and first is",
        "arn:aws:iam::123456789012:role/x",
        "remove second",
    ),
    "an access entry with a name of two words": Case(
        {
            "cluster.accessEntries": {
                "my team": {"principalArn": "arn:aws:iam::123456789012:role/x"}
            }
        },
        'cluster.accessEntries["my team"]',
        "lower-case",
        "my team",
        "rename",
    ),
    "an add-on that is none": Case(
        {"cluster.addons": {"core-dns": {}}},
        "cluster.addons.core-dns",
        "one of vpc-cni, kube-proxy, coredns",
        "core-dns",
        '"coredns"',
    ),
    "half an add-on version": Case(
        {"cluster.addons": {"coredns": {"version": "1.11"}}},
        "cluster.addons.coredns.version",
        "v1.11.4-eksbuild.2",
        "1.11",
        "--addon-name coredns",
    ),
    "a node group in capitals": Case(
        {"nodeGroups.GPU": {"instanceTypes": ["m6i.large"]}},
        "nodeGroups.GPU",
        "lower-case",
        "GPU",
        "rename",
    ),
    "no node group": Case(
        {"nodeGroups": {}}, "nodeGroups", "at least one node group", NOT_SET, "add a group"
    ),
    "only node groups that repel the drivers": Case(
        {f"{CPU}.taints": [{"key": "team"}]},
        "nodeGroups",
        "no taint that repels the drivers",
        ["cpu"],
        "without taints",
    ),
    "a minimum above the maximum": Case(
        {f"{CPU}.minSize": 4}, f"{CPU}.minSize", "above maxSize", 4, "set 3 or less"
    ),
    "fewer nodes desired than the minimum": Case(
        {f"{CPU}.desiredSize": 0}, f"{CPU}.desiredSize", "2 to 3", 0, "set 2"
    ),
    "a node group outside the network": Case(
        {f"{CPU}.zones": ["us-west-2c"]},
        f"{CPU}.zones[0]",
        "one of network.zones",
        "us-west-2c",
        "us-west-2a, us-west-2b",
    ),
    "private nodes without a way out": Case(
        {"network.nat": "none"}, f"{CPU}.subnets", "NAT gateway", "private", "set public"
    ),
    "a SageMaker type for nodes": Case(
        {f"{CPU}.instanceTypes": ["ml.m5.large"]},
        f"{CPU}.instanceTypes[0]",
        "an EC2 instance type, such as",
        "ml.m5.large",
        "set m5.large",
    ),
    "processors of two kinds in a group": Case(
        {f"{CPU}.instanceTypes": ["m6i.large", "m6g.large"]},
        f"{CPU}.instanceTypes",
        "one machine image",
        ["m6i.large", "m6g.large"],
        "for each kind",
    ),
    "a label of Kubernetes": Case(
        {f"{CPU}.labels": {"kubernetes.io/os": "linux"}},
        f'{CPU}.labels["kubernetes.io/os"]',
        "EKS refuses",
        "kubernetes.io/os",
        "your own",
    ),
    "a label of a node's role": Case(
        {f"{CPU}.labels": {"node-role.kubernetes.io/worker": "yes"}},
        f'{CPU}.labels["node-role.kubernetes.io/worker"]',
        "EKS refuses labels that contain kubernetes.io/",
        "node-role.kubernetes.io/worker",
        "your own",
    ),
    "a label of a node's kubelet": Case(
        {f"{CPU}.labels": {"kubelet.kubernetes.io/pool": "a"}},
        f'{CPU}.labels["kubelet.kubernetes.io/pool"]',
        "EKS refuses",
        "kubelet.kubernetes.io/pool",
        "your own",
    ),
    "an image of another architecture": Case(
        {f"{CPU}.amiType": "AL2023_ARM_64_STANDARD"},
        f"{CPU}.amiType",
        "an image for x86_64, the architecture of m6i.large",
        "AL2023_ARM_64_STANDARD",
        "set AL2023_x86_64_STANDARD",
    ),
    "an image with drivers of GPUs for nodes without": Case(
        {f"{CPU}.amiType": "AL2023_x86_64_NVIDIA"},
        f"{CPU}.amiType",
        "no device for",
        "AL2023_x86_64_NVIDIA",
        "set AL2023_x86_64_STANDARD",
    ),
    "a label with a space": Case(
        {f"{CPU}.labels": {"my team": "x"}},
        f'{CPU}.labels["my team"]',
        "label key",
        "my team",
        "PREFIX/NAME",
    ),
    "a label's value with a space": Case(
        {f"{CPU}.labels": {"team": "a b"}}, f"{CPU}.labels.team", "63 letters", "a b", "shorten"
    ),
    "a label without a value": Case(
        {f"{CPU}.labels": {"team": ""}}, f"{CPU}.labels.team", "no empty label", "", '"true"'
    ),
    "a label longer than EKS takes": Case(
        {f"{CPU}.labels": {f"{'x' * 50}.example.com/team": "a"}},
        f'{CPU}.labels["{"x" * 50}.example.com/team"]',
        "at most 63",
        f"{'x' * 50}.example.com/team",
        "shorten",
    ),
    "a taint longer than EKS takes": Case(
        {f"{CPU}.taints": [{"key": f"{'x' * 50}.example.com/team"}]},
        f"{CPU}.taints[0].key",
        "at most 63",
        f"{'x' * 50}.example.com/team",
        "shorten",
    ),
    "a taint twice": Case(
        {f"{CPU}.taints": [{"key": "team", "value": "a"}, {"key": "team", "value": "b"}]},
        f"{CPU}.taints[1]",
        "one taint of a key and an effect",
        ("team", "NO_SCHEDULE"),
        "remove it",
    ),
    "a taint of Kubernetes": Case(
        {f"{CPU}.taints": [{"key": "node.kubernetes.io/not-ready"}]},
        f"{CPU}.taints[0].key",
        "themselves",
        "node.kubernetes.io/not-ready",
        "your own",
    ),
    "a taint's value with a space": Case(
        {f"{CPU}.taints": [{"key": "team", "value": "a b"}]},
        f"{CPU}.taints[0].value",
        "63 letters",
        "a b",
        "shorten",
    ),
    "a taint without quotes": Case(
        {f"{CPU}.taints": [{"key": "nvidia.com/gpu", "value": True}]},
        f"{CPU}.taints[0].value",
        "a string",
        True,
        '"true"',
    ),
    "a disk too small for the image": Case(
        {f"{CPU}.diskSizeGib": 8}, f"{CPU}.diskSizeGib", "greater than or equal to 20", 8, "limit"
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_refused(case: Case) -> None:
    assert_refused(case)


@given(prefix=st.integers(8, 30), zones=st.integers(2, 7))
def test_a_vpc_is_taken_exactly_if_subnets_of_aws_fit_in_it(prefix: int, zones: int) -> None:
    cidr = f"10.0.0.0/{prefix}"
    if "network.cidr" in keys({"network.cidr": cidr}):
        assert not 16 <= prefix <= 22
    else:
        names = [f"us-west-2{letter}" for letter in "abcdefg"[:zones]]
        shares = [block for share in allocate_subnets(cidr, names).values() for block in share]
        assert len({*shares}) == 2 * zones
        assert all(16 <= IPv4Network(block).prefixlen <= 28 for block in shares)


@given(least=st.integers(0, 9), desired=st.integers(0, 9), most=st.integers(1, 9))
def test_sizes_are_taken_exactly_in_order(least: int, desired: int, most: int) -> None:
    sizes = {f"{CPU}.minSize": least, f"{CPU}.desiredSize": desired, f"{CPU}.maxSize": most}
    other = {"nodeGroups.other": {"instanceTypes": ["m6i.large"]}}
    assert (keys(sizes | other) == []) == (least <= desired <= most)


@given(st.sets(st.sampled_from("abcd")), st.sets(st.sampled_from("abcd")))
def test_zones_of_nodes_and_file_system_are_taken_exactly_within_the_network(
    network: set[str], group: set[str]
) -> None:
    changes = {
        "network.zones": [f"us-west-2{letter}" for letter in sorted(network)],
        f"{CPU}.zones": [f"us-west-2{letter}" for letter in sorted(group)],
        "storage.fsx.zone": f"us-west-2{min(group, default='a')}",
    }
    refused = keys(changes)
    assert ("network.zones" in refused) == (len(network) < 2)
    outside = [i for i, letter in enumerate(sorted(group)) if letter not in network]
    assert [key for key in refused if key.startswith(CPU)] == [f"{CPU}.zones[{i}]" for i in outside]
    assert ("storage.fsx.zone" in refused) == (min(group, default="a") not in network)


def test_public_nodes_need_no_nat_gateway() -> None:
    assert keys({"network.nat": "none", f"{CPU}.subnets": "public"}) == []


def test_a_taint_that_only_prefers_leaves_room_for_the_drivers() -> None:
    assert keys({f"{CPU}.taints": [{"key": "team", "effect": "PREFER_NO_SCHEDULE"}]}) == []


@pytest.mark.parametrize(
    ("instance_type", "image"),
    [
        ("m6i.large", "AL2023_x86_64_STANDARD"),
        ("m7i-flex.large", "AL2023_x86_64_STANDARD"),
        ("m7g.large", "AL2023_ARM_64_STANDARD"),
        ("a1.large", "AL2023_ARM_64_STANDARD"),
        ("im4gn.large", "AL2023_ARM_64_STANDARD"),
        ("g5.2xlarge", "AL2023_x86_64_NVIDIA"),
        ("g4ad.xlarge", "AL2023_x86_64_STANDARD"),
        ("g5g.xlarge", "AL2023_ARM_64_NVIDIA"),
        ("p6-b200.48xlarge", "AL2023_x86_64_NVIDIA"),
        ("p6e-gb200.36xlarge", "AL2023_ARM_64_NVIDIA"),
        ("trn1.2xlarge", "AL2023_x86_64_NEURON"),
    ],
)
def test_the_machine_image_follows_from_the_instance_type(instance_type: str, image: str) -> None:
    assert f"AL2023_{architecture(instance_type)}_{accelerator(instance_type)}" == image
    settings, _ = checked({f"{CPU}.instanceTypes": [instance_type]})
    assert settings.node_groups["cpu"].image == image


def test_an_image_without_drivers_is_taken_for_nodes_with_gpus() -> None:
    """An operator in the cluster may bring the drivers."""
    settings, found = checked(
        {f"{CPU}.instanceTypes": ["g5.2xlarge"], f"{CPU}.amiType": "AL2023_x86_64_STANDARD"}
    )
    assert settings.node_groups["cpu"].image == "AL2023_x86_64_STANDARD"
    assert found == []


@pytest.mark.parametrize(
    ("principal", "caller", "same"),
    [
        ("arn:aws:iam::1:role/admin", "arn:aws:sts::1:assumed-role/admin/me", True),
        ("arn:aws:iam::1:role/a/path/admin", "arn:aws:sts::1:assumed-role/admin/me", True),
        ("arn:aws:iam::1:user/admin", "arn:aws:sts::1:assumed-role/admin/me", False),
        ("arn:aws:iam::2:role/admin", "arn:aws:sts::1:assumed-role/admin/me", False),
        ("arn:aws:iam::1:role/adm", "arn:aws:sts::1:assumed-role/admin/me", False),
        ("arn:aws:iam::1:user/me", "arn:aws:iam::1:user/me", True),
        ("arn:aws:iam::1:user/me", "arn:aws:iam::1:root", False),
        ("nonsense", "arn:aws:iam::1:user/me", False),
    ],
)
def test_a_session_is_told_from_other_roles_than_its_own(
    principal: str, caller: str, *, same: bool
) -> None:
    assert same_principal(principal, caller) == same


ENTRY = {"principalArn": "arn:aws:iam::123456789012:role/ops/admin"}
CLUSTER_VERSION = max(ACCOUNT.kubernetes_versions)
SESSION = "arn:aws:sts::123456789012:assumed-role/admin/me"


def of_principal(rule: str, remedy: str) -> Case:
    """An access entry that is refused."""
    key = "cluster.accessEntries.me.principalArn"
    return Case({"cluster.accessEntries": {"me": ENTRY}}, key, rule, ENTRY["principalArn"], remedy)


def test_an_access_entry_of_who_creates_the_cluster_is_refused() -> None:
    case = of_principal("EKS gives who creates the cluster an access entry", "remove me")
    assert_refused(case, replace(ACCOUNT, deployer=SESSION))
    other = SESSION.replace("admin", "other")
    assert keys(case.changes, replace(ACCOUNT, deployer=other)) == []


def test_an_access_entry_that_another_made_is_refused_and_one_of_the_stack_is_not() -> None:
    deployed = replace(ACCOUNT, deployer=SESSION, cluster_version=CLUSTER_VERSION)
    case = of_principal("which this stack did not make", "aws eks delete-access-entry")
    assert_refused(case, replace(deployed, others_entries={ENTRY["principalArn"]}))
    assert keys(case.changes, deployed) == [], "the cluster was created by somebody else"


def test_a_private_api_server_is_refused_until_there_is_a_vpc_to_be_inside_of() -> None:
    changes = {"cluster.publicAccessCidrs": [], "cluster.deployedFromInside": True}
    case = Case(changes, "cluster.deployedFromInside", "the VPC is new", True, "your own address")
    assert_refused(case)
    assert keys(changes, replace(ACCOUNT, cluster_version=CLUSTER_VERSION)) == []


def running(version: str) -> Account:
    """An account in which the stack's cluster runs a version."""
    return replace(ACCOUNT, cluster_version=version)


def test_a_version_that_eks_does_not_offer_is_refused_with_those_it_does() -> None:
    case = Case(
        {"cluster.version": "1.99"},
        "cluster.version",
        "that EKS offers",
        "1.99",
        "choose from 1.33, 1.34, 1.35, 1.36",
    )
    assert_refused(case)


def test_a_downgrade_is_refused_with_the_version_that_the_cluster_runs() -> None:
    case = Case(
        {"cluster.version": "1.34"},
        "cluster.version",
        "must not be below what the cluster runs, 1.35",
        "1.34",
        "set 1.35, which it runs, or 1.36",
    )
    assert_refused(case, running("1.35"))


def test_a_jump_over_a_minor_version_is_refused_with_the_next_one() -> None:
    case = Case(
        {"cluster.version": "1.36"},
        "cluster.version",
        "one minor version at a time, and the cluster runs 1.34",
        "1.36",
        "set 1.34, which it runs, or 1.35",
    )
    assert_refused(case, running("1.34"))


def test_a_version_above_the_newest_is_refused_of_a_cluster_that_runs_the_newest() -> None:
    case = Case({"cluster.version": "1.37"}, "cluster.version", "EKS offers", "1.37", "set 1.36")
    assert_refused(case, running("1.36"))


@pytest.mark.parametrize("version", ["1.35", "1.36"])
def test_a_version_stays_or_rises_by_one(version: str) -> None:
    assert errors({"cluster.version": version}, running("1.35")) == []


def test_a_version_that_eks_offers_no_more_may_stay() -> None:
    assert errors({"cluster.version": "1.32"}, running("1.32")) == []


def test_extended_support_cannot_be_declined_for_a_version_that_is_in_it() -> None:
    changes = {"cluster.version": "1.33", "cluster.upgradePolicy": "STANDARD"}
    case = Case(
        changes, "cluster.upgradePolicy", "1.33 is in extended support", "STANDARD", "EXTENDED"
    )
    assert_refused(case)
    assert errors({"cluster.version": "1.34", "cluster.upgradePolicy": "STANDARD"}) == []


def test_the_default_version_is_the_newest_in_standard_support() -> None:
    assert ClusterSpec.model_fields["version"].default == max(ACCOUNT.kubernetes_versions)


@pytest.mark.parametrize(
    ("changes", "release", "rule", "remedy"),
    [
        ({}, "newest", "such as 1.36.2-20261118", "1.36/amazon-linux-2023/x86_64/standard/"),
        ({}, "1.35.2-20261118", "for Kubernetes 1.36", "remove it, or see `aws ssm"),
        (
            {f"{CPU}.instanceTypes": ["m7g.large"], "cluster.version": "1.35"},
            "1.36.2-20261118",
            "for Kubernetes 1.35",
            "1.35/amazon-linux-2023/arm64/standard/recommended/release_version",
        ),
    ],
)
def test_a_release_of_the_image_that_is_none_of_the_clusters_version_is_refused(
    changes: dict[str, Any], release: str, rule: str, remedy: str
) -> None:
    key = f"{CPU}.releaseVersion"
    assert_refused(Case({**changes, key: release}, key, rule, release, remedy))


def test_a_release_of_the_image_for_the_clusters_version_is_taken() -> None:
    assert keys({f"{CPU}.releaseVersion": "1.36.2-20261118"}) == []


@pytest.mark.parametrize(
    ("region", "remedy"),
    [
        ("US-WEST-2", "set us-west-2"),
        ("us-west-2a", "set us-west-2"),
        ("Oregon", "see `aws ec2 describe-regions`"),
    ],
)
def test_a_region_that_is_none_is_one_error_and_its_zones_are_not_judged_by_it(
    region: str, remedy: str
) -> None:
    [error] = errors({}, region=region)
    assert (error.path, error.value) == (("aws:region",), region)
    assert error.remedy == remedy


@pytest.mark.parametrize("region", ["us-gov-west-1", "ap-southeast-5", "eusc-de-east-1"])
def test_regions_of_other_partitions_and_new_ones_are_taken(region: str) -> None:
    assert ("aws:region",) not in [error.path for error in errors({}, region=region)]


def test_a_vpc_with_the_addresses_that_sagemaker_uses_itself_is_warned_of() -> None:
    settings, found = checked({"network.cidr": "172.17.0.0/16"})
    assert found == []
    [advised] = warnings(settings)
    assert (advised.path, advised.value) == (("network", "cidr"), "172.17.0.0/16")
    assert list(warnings(checked({"network.cidr": "172.18.0.0/16"})[0])) == []


def test_an_access_entry_may_name_namespaces_by_asterisks() -> None:
    entry = {
        "principalArn": "arn:aws:iam::123456789012:role/ops",
        "namespaces": ["team-*", "training"],
    }
    assert keys({"cluster.accessEntries.ops": entry}) == []
