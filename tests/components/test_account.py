"""AWS is asked once in a run for what every role has to know."""

from collections import Counter

import pulumi

from components.account import account_id, dns_suffix, partition, region
from components.iam import managed_policy_arn
from tests.mocks import ACCOUNT, REGION, Deployment, deploy

CALLER = "aws:index/getCallerIdentity:getCallerIdentity"
REGION_ASKED = "aws:index/getRegion:getRegion"
PARTITION = "aws:index/getPartition:getPartition"


def run() -> Deployment:
    def program() -> None:
        for number in range(3):
            pulumi.export(f"account{number}", account_id())
            pulumi.export(f"partition{number}", partition())
            pulumi.export(f"region{number}", region())
            pulumi.export(f"suffix{number}", dns_suffix())
            pulumi.export(f"policy{number}", managed_policy_arn("ReadOnlyAccess"))

    return deploy(program)


def asked(made: Deployment) -> Counter[str]:
    return Counter(token for token, _ in made.invokes)


def test_caller_and_partition_are_asked_for_once_in_a_run() -> None:
    made = run()
    assert asked(made) == {CALLER: 1, PARTITION: 1, REGION_ASKED: 1}
    assert made.exports["account2"] == ACCOUNT
    assert made.exports["region2"] == REGION
    assert made.exports["suffix2"] == "amazonaws.com"
    assert made.exports["policy2"] == "arn:aws:iam::aws:policy/ReadOnlyAccess"


def test_another_run_asks_again() -> None:
    run()
    assert asked(run()) == {CALLER: 1, PARTITION: 1, REGION_ASKED: 1}
