from __future__ import annotations

import json
import random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from rehearsal.pulumi.providers.aws.compare import canonical_policy, difference
from rehearsal.pulumi.providers.aws.registry import resource
from rehearsal.pulumi.providers.server import UNKNOWN

GROUP = resource("aws:ec2/securityGroup:SecurityGroup")
RULE = resource("aws:ec2/securityGroupRule:SecurityGroupRule")
TABLE = resource("aws:ec2/routeTable:RouteTable")

ports = st.integers(0, 65535)
rules = st.lists(
    st.fixed_dictionaries(
        {
            "protocol": st.sampled_from(["tcp", "udp"]),
            "fromPort": ports,
            "toPort": ports,
            "cidrBlocks": st.lists(st.sampled_from(["10.0.0.0/8", "0.0.0.0/0"]), unique=True),
        }
    ),
    max_size=4,
)
statements = st.lists(
    st.fixed_dictionaries(
        {
            "Effect": st.sampled_from(["Allow", "Deny"]),
            "Action": st.lists(st.sampled_from(["s3:Get*", "s3:List*", "kms:*"]), min_size=1),
            "Resource": st.lists(st.sampled_from(["*", "arn:a"]), min_size=1),
        }
    ),
    min_size=1,
    max_size=3,
)


@given(rules, st.randoms(use_true_random=False))
def test_rules_in_another_order_are_the_same_rules(
    ingress: list[dict[str, Any]], shuffle: random.Random
) -> None:
    shuffled = [rule | {"description": "", "self": False} for rule in ingress]
    shuffle.shuffle(shuffled)
    assert not difference(GROUP, {"ingress": ingress}, {"ingress": shuffled}).changes


@given(rules, rules)
def test_a_difference_is_seen_from_both_sides(
    before: list[dict[str, Any]], after: list[dict[str, Any]]
) -> None:
    there = difference(GROUP, {"ingress": before}, {"ingress": after})
    # The group's rules are AWS's own business when the program gives none.
    assert there.changed in ([], ["ingress"])
    assert there.replaces == []
    back = difference(GROUP, {"ingress": after}, {"ingress": before})
    assert there.changes == back.changes


@given(statements, st.randoms(use_true_random=False))
def test_a_policy_means_the_same_however_it_is_written(
    written: list[dict[str, Any]], shuffle: random.Random
) -> None:
    rewritten = []
    for statement in written:
        actions = shuffle.sample(statement["Action"], len(statement["Action"]))
        one = dict(reversed(statement.items())) | {"Action": actions}
        rewritten.append(one)
    shuffle.shuffle(rewritten)
    one, other = ({"Statement": each} for each in (written, rewritten))
    assert canonical_policy(json.dumps(one)) == canonical_policy(json.dumps(other, indent=2))
    other["Statement"] = [*rewritten, {"Effect": "Deny", "Action": "iam:*", "Resource": "*"}]
    assert canonical_policy(json.dumps(one)) != canonical_policy(json.dumps(other))


def test_what_is_left_out_stays_if_aws_fills_it_and_goes_otherwise() -> None:
    routes = {"routes": [{"cidrBlock": "0.0.0.0/0", "gatewayId": "igw-1"}]}
    assert not difference(TABLE, {"vpcId": "v"} | routes, {"vpcId": "v"}).changes
    described = {"securityGroupId": "sg", "description": "x"}
    gone = difference(RULE, described, {"securityGroupId": "sg"})
    assert gone.detailed == {"description": "delete"}


def test_numbers_and_flags_given_as_text_are_what_they_read_as() -> None:
    text = {"fromPort": "443", "self": "true", "protocol": -1}
    assert not difference(RULE, {"fromPort": 443, "self": True, "protocol": "-1"}, text).changes


def test_a_value_not_yet_known_is_another_value() -> None:
    later = difference(RULE, {"securityGroupId": "sg"}, {"securityGroupId": UNKNOWN})
    assert later.detailed == {"securityGroupId": "update-replace"}


def test_the_order_of_an_ordered_list_counts() -> None:
    one, other = ["10.0.0.0/8", "0.0.0.0/0"], ["0.0.0.0/0", "10.0.0.0/8"]
    assert difference(RULE, {"cidrBlocks": one}, {"cidrBlocks": other}).replaces == ["cidrBlocks"]


def test_tags_differ_by_their_keys_even_odd_ones() -> None:
    olds = {"tags": {"a": "1", "kubernetes.io/role/elb": "1"}}
    changed = difference(GROUP, olds, {"tags": {"a": "2"}})
    assert changed.detailed == {"tags.a": "update", 'tags["kubernetes.io/role/elb"]': "delete"}
    assert changed.changed == ["tags"]
