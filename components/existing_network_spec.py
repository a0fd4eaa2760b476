"""Names of a VPC and its subnets that somebody else made.

Source: EC2 API Reference, DescribeVpcs and DescribeSubnets (form of ids, filters by tags).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pydantic import Field

from components.spec.errors import ConfigError
from components.spec.model import Spec

VPC_ID = re.compile(r"vpc-([0-9a-f]{8}|[0-9a-f]{17})", re.ASCII)
SUBNET_ID = re.compile(r"subnet-([0-9a-f]{8}|[0-9a-f]{17})", re.ASCII)
MAX_TAGS = 50
"""Tags that a resource of EC2 can have."""


class ExistingNetworkSpec(Spec):
    """A VPC and one of its subnets in each zone, by their ids or by their tags.

    Nothing of it is changed: it gets no tags, routes or gateways.
    """

    vpc_id: str | None = Field(default=None, examples=["vpc-0123456789abcdef0"])
    """Id of the VPC."""

    tags: dict[str, str] = Field(default_factory=dict, examples=[{"Name": "platform"}])
    """Tags of the VPC, instead of its id. Exactly one VPC of the Region must have all of them."""

    subnet_ids: tuple[str, ...] = Field(
        default=(), examples=[["subnet-0aaaaaaaaaaaaaaa1", "subnet-0bbbbbbbbbbbbbbb2"]]
    )
    """Ids of the subnets, one in each zone. The order of the zones is that of the list."""

    subnet_tags: dict[str, str] = Field(
        default_factory=dict, examples=[{"kubernetes.io/role/internal-elb": "1"}]
    )
    """Tags of the subnets, instead of their ids. All subnets of the VPC that have all of these tags
    are used; there may be one in each zone. The zones are in the order of their names."""

    @property
    def names_nothing(self) -> bool:
        """True if the network is to be read from an existing cluster."""
        return not (self.vpc_id or self.tags or self.subnet_ids or self.subnet_tags)

    def own_problems(self) -> Iterator[ConfigError]:
        """Yield the broken rules of ids, and of ids beside tags."""
        yield from _vpc(self)
        yield from _subnets(self)
        for key, tags in (("tags", self.tags), ("subnetTags", self.subnet_tags)):
            if len(tags) > MAX_TAGS:
                rule = f"a resource of EC2 has at most {MAX_TAGS} tags: none would match"
                yield ConfigError((key,), rule, len(tags), "remove some")


def _vpc(spec: ExistingNetworkSpec) -> Iterator[ConfigError]:
    if spec.vpc_id is not None and not VPC_ID.fullmatch(spec.vpc_id):
        rule = "must be the id of a VPC, such as vpc-0123456789abcdef0"
        remedy = "see `aws ec2 describe-vpcs`; to name it otherwise, use tags: {Name: ...}"
        yield ConfigError(("vpcId",), rule, spec.vpc_id, remedy)
    if spec.vpc_id is not None and spec.tags:
        rule = "a VPC is named by its id or by its tags, not by both"
        yield ConfigError(("tags",), rule, dict(spec.tags), "remove tags", (("vpcId",),))
    if spec.vpc_id is None and not spec.tags and not spec.names_nothing:
        rule = "the VPC of the subnets must be named"
        remedy = "set vpcId, or tags of the VPC"
        yield ConfigError(("vpcId",), rule, None, remedy, (("tags",),))


def _subnets(spec: ExistingNetworkSpec) -> Iterator[ConfigError]:
    for i, subnet in enumerate(spec.subnet_ids):
        path = ("subnetIds", i)
        if not SUBNET_ID.fullmatch(subnet):
            rule = "must be the id of a subnet, such as subnet-0123456789abcdef0"
            remedy = "see `aws ec2 describe-subnets`; to name it otherwise, use subnetTags"
            yield ConfigError(path, rule, subnet, remedy)
        elif subnet in spec.subnet_ids[:i]:
            yield ConfigError(path, "must be named once", subnet, "remove it")
    if spec.subnet_ids and spec.subnet_tags:
        rule = "subnets are named by their ids or by their tags, not by both"
        remedy = "remove subnetTags"
        yield ConfigError(("subnetTags",), rule, dict(spec.subnet_tags), remedy, (("subnetIds",),))
    if not (spec.subnet_ids or spec.subnet_tags or spec.names_nothing):
        rule = "the subnets must be named, because a VPC may have some for other purposes"
        remedy = "set subnetIds, one in each zone, or subnetTags"
        yield ConfigError(("subnetIds",), rule, None, remedy, (("subnetTags",),))
