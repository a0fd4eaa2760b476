"""A network and a cluster that exist, and configs that use them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from components.found_cluster import FoundCluster, FoundNode, FoundNodeGroup, FoundObjects
from components.found_network import FoundNetwork, FoundSubnet, FoundVpc
from components.spec.errors import ConfigError, format_path
from settings.deployed import Deployed
from settings.existing import Existing
from settings.stack import Settings
from tests.settings.configs import REMOVED, Changes, checked

A, B, C = "us-west-2a", "us-west-2b", "us-west-2c"
VPC, OTHER_VPC = "vpc-0aaaaaaaaaaaaaaa0", "vpc-0bbbbbbbbbbbbbbb0"
IN_A, IN_B, IN_C = (f"subnet-0aaaaaaaaaaaaaaa{number}" for number in (1, 2, 3))
CLUSTER, GROUP = "platform", "sg-0aaaaaaaaaaaaaaa0"

SUBNETS = (
    FoundSubnet(IN_A, VPC, A, "usw2-az2"),
    FoundSubnet(IN_B, VPC, B, "usw2-az1"),
)
NETWORK = FoundNetwork((FoundVpc(VPC, ("10.8.0.0/16",)),), SUBNETS)
OBJECTS = FoundObjects(
    nodes=(FoundNode("one", A, "cpu"), FoundNode("two", B, "cpu")),
    namespaces=frozenset({"default", "kube-system"}),
)
PLATFORM = FoundCluster(
    CLUSTER,
    VPC,
    arn=f"arn:aws:eks:us-west-2:123456789012:cluster/{CLUSTER}",
    endpoint="https://platform.example",
    subnet_ids=(IN_A, IN_B),
    security_group_id=GROUP,
    node_groups=(FoundNodeGroup("cpu", (IN_A, IN_B)),),
    addons=frozenset({"eks-pod-identity-agent"}),
    objects=OBJECTS,
)
OF_CLUSTER = replace(NETWORK, of_cluster=True)

IN_NETWORK: Changes = {
    "network": {"existing": {"vpcId": VPC, "subnetIds": [IN_A, IN_B]}},
    "storage.backend": "efs",
}
"""Changes of the valid config: a cluster of its own in a network that exists."""
ON_CLUSTER: Changes = {
    "network": REMOVED,
    "nodeGroups": REMOVED,
    "cluster": {"existing": CLUSTER},
    "storage.backend": "efs",
}
"""Changes of the valid config: all of it on a cluster that exists."""


@dataclass(frozen=True)
class ExistingCase:
    """Facts that are found beside a config, and the error that must be found."""

    changes: Changes
    existing: Existing
    key: str
    rule: str
    value: Any
    remedy: str
    deployed: Deployed = field(default_factory=Deployed)

    def settings(self) -> Settings:
        return checked(self.changes, existing=self.existing, deployed=self.deployed)[0]

    def errors(self) -> list[ConfigError]:
        return checked(self.changes, existing=self.existing, deployed=self.deployed)[1]

    def assert_refused(self) -> None:
        """The case has its error, once, with its rule, value and remedy."""
        found = [one for one in self.errors() if format_path(one.path) == self.key]
        assert len(found) == 1, f"one error at {self.key}, got: {self.errors()}"
        assert self.rule in found[0].rule
        assert found[0].value == self.value
        assert self.remedy in found[0].remedy


def network(**values: Any) -> Existing:
    """A found network, with other values."""
    return Existing(replace(NETWORK, **values))


def subnet(**values: Any) -> Existing:
    """A found network whose first subnet has other values."""
    return network(subnets=(replace(SUBNETS[0], **values), SUBNETS[1]))


def vpc(**values: Any) -> Existing:
    """A found network whose VPC has other values."""
    return network(vpcs=(replace(NETWORK.vpcs[0], **values),))


def platform(**values: Any) -> Existing:
    """A found cluster in its own network, with other values."""
    return Existing(OF_CLUSTER, replace(PLATFORM, **values))


def objects(**values: Any) -> Existing:
    """A found cluster with other objects in it."""
    return platform(objects=replace(OBJECTS, **values))
