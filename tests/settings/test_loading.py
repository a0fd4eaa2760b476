"""The config as Pulumi hands it over, and the account as its providers describe it."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import pulumi
import pytest
from pulumi.runtime.config import CONFIG, set_all_config
from pulumi.runtime.mocks import MockCallArgs, MockResourceArgs, Mocks

from settings import SettingsError, load
from settings.account import Account, AccountQuery, AccountReadError, read_account
from settings.deployed import MARKER
from settings.rules import PURE
from tests.settings.configs import ACCOUNT, changed, checked, valid
from tests.settings.existing import ExistingCase

PROJECT = "eks-ml-storage"
DEPLOYER = "arn:aws:sts::123456789012:assumed-role/admin/me"


class AwsAccount(Mocks):
    """Answers the invokes of the account's facts, and remembers them."""

    def __init__(self) -> None:
        self.calls: list[MockCallArgs] = []
        self.refuses = False
        self.images: set[str] = set()
        self.entries: dict[str, dict[str, str]] = {}
        self.clusters = {"somebody-elses": "1.33"}

    def new_resource(self, args: MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        assert args.name == MARKER, f"a resource was registered: {args.typ}"
        return args.name, {"output": args.inputs["input"]}

    def call(  # noqa: PLR0911 (one for each function)
        self, args: MockCallArgs
    ) -> dict[Any, Any]:  # type: ignore[override]  # as Mocks says
        if args.token == "pulumi:pulumi:readStackOutputs":
            return {"outputs": {}}
        self.calls.append(args)
        if self.refuses:
            raise ValueError("no credentials")
        if args.token.startswith("aws:eks/"):
            return self._of_eks(args)
        if args.token == "aws:index/getAvailabilityZones:getAvailabilityZones":
            return {"names": [*ACCOUNT.zones], "zoneIds": [*ACCOUNT.zones.values()]}
        if args.token == "aws:index/getCallerIdentity:getCallerIdentity":
            return {"arn": DEPLOYER}
        if args.token == "aws:ecr/getImage:getImage":
            if args.args["imageTag"] not in self.images:
                raise ValueError("RepositoryNotFoundException:\nno such repository")
            return {"imageTags": [args.args["imageTag"]]}
        if args.token == "aws:ec2/getInstanceTypes:getInstanceTypes":
            asked = {one["name"]: one["values"] for one in args.args["filters"]}
            assert asked.pop("instance-storage-supported") == ["true"]
            return {"instanceTypes": sorted({*asked["instance-type"]} & ACCOUNT.instance_stores)}
        return self._offerings(args)

    def _offerings(self, args: MockCallArgs) -> dict[Any, Any]:
        assert args.token == "aws:ec2/getInstanceTypeOfferings:getInstanceTypeOfferings"
        if args.args["locationType"] == "region":
            return {"instanceTypes": [*ACCOUNT.known_types], "locations": []}
        (asked,) = args.args["filters"]
        pairs = [
            (name, zone)
            for name in asked["values"]
            for zone in sorted(ACCOUNT.offerings.get(name, ()))
        ]
        return {"instanceTypes": [p[0] for p in pairs], "locations": [p[1] for p in pairs]}

    def _of_eks(self, args: MockCallArgs) -> dict[Any, Any]:
        if args.token == "aws:eks/getClusters:getClusters":
            return {"names": [*self.clusters]}
        if args.token == "aws:eks/getCluster:getCluster":
            return {"name": args.args["name"], "version": self.clusters[args.args["name"]]}
        if args.token == "aws:eks/getAccessEntry:getAccessEntry":
            return {"tags": self.entries[args.args["principalArn"]]}
        assert args.token == "aws:eks/getClusterVersions:getClusterVersions"
        offered = ACCOUNT.kubernetes_versions.items()
        return {
            "clusterVersions": [
                {"clusterVersion": version, "versionStatus": status} for version, status in offered
            ]
        }


@cache
def event_loop() -> asyncio.AbstractEventLoop:
    """One for all tests, never closed: Pulumi's mocks keep loops of theirs in its threads."""
    return asyncio.new_event_loop()


@pytest.fixture
def aws() -> Iterator[AwsAccount]:
    """The provider of a stack called test, which has a region and no other config."""
    account = AwsAccount()
    # Whoever ran a loop of their own before, in this process, left none behind.
    asyncio.set_event_loop(event_loop())
    pulumi.runtime.set_mocks(account, project=PROJECT, stack="test")
    yield account
    set_all_config({}, [])


def hand_over(config: dict[str, Any], *secret: str) -> None:
    """Set the config as Pulumi does: text as it is, everything else as JSON."""
    texts = {name: one if isinstance(one, str) else json.dumps(one) for name, one in config.items()}
    own = {f"{PROJECT}:{name}": text for name, text in texts.items()}
    set_all_config({"aws:region": "us-west-2", "aws:profile": "x", **own}, [*secret])


def test_settings_know_where_they_are_deployed(aws: AwsAccount) -> None:
    hand_over(valid() | {"protect": "true"})
    settings = load()
    assert (settings.project, settings.stack, settings.region) == (PROJECT, "test", "us-west-2")
    assert settings.protect
    assert settings.network.zones == ("us-west-2a", "us-west-2b")


def test_the_profile_of_the_config_is_that_of_the_kubernetes_api_too(aws: AwsAccount) -> None:
    hand_over(valid())
    assert load().credentials.profile == "x"


def test_credentials_are_judged_beside_all_other_settings(aws: AwsAccount) -> None:
    hand_over(changed({"storage.fsx.storageCapacityGib": 1000}))
    roles = json.dumps([{"roleArn": "a"}, {"roleArn": "b"}])
    set_all_config({**CONFIG.get(), "aws:assumeRoles": roles})
    with pytest.raises(SettingsError) as caught:
        load()
    assert [error.path[0] for error in caught.value.errors] == ["aws:assumeRoles", "storage"]


def test_settings_cannot_be_changed(aws: AwsAccount) -> None:
    hand_over(valid())
    settings = load()
    with pytest.raises(ValueError, match="frozen"):
        settings.protect = True  # type: ignore[misc]  # what is refused
    with pytest.raises(ValueError, match="frozen"):
        settings.network.nat = "none"  # type: ignore[misc]


def test_errors_of_the_config_and_of_the_account_come_in_one_error(aws: AwsAccount) -> None:
    hand_over(
        changed(
            {
                "storage.fsx.storageCapacityGib": 1000,
                "nodeGroups.cpu.instanceTypes": ["m6i.lrge"],
                "networks": {},
            }
        )
    )
    with pytest.raises(SettingsError) as caught:
        load()
    assert [error.path for error in caught.value.errors] == [
        ("networks",),
        ("nodeGroups", "cpu", "instanceTypes", 0),
        ("storage", "fsx", "storageCapacityGib"),
    ]
    assert 'did you mean "m6i.large"?' in str(caught.value)


def test_secrets_of_the_config_are_not_in_the_error(aws: AwsAccount) -> None:
    hand_over(changed({"tags": {"hush": 5, "a": ["swordfish"]}}), f"{PROJECT}:tags")
    with pytest.raises(SettingsError) as caught:
        load()
    assert "swordfish" not in str(caught.value)


def test_a_section_that_is_no_json_is_a_error(aws: AwsAccount) -> None:
    hand_over(valid() | {"network": "{oops"})
    with pytest.raises(SettingsError, match="keys with values"):
        load()


def test_without_a_region_nothing_is_asked_of_aws(aws: AwsAccount) -> None:
    hand_over(valid())
    set_all_config({f"{PROJECT}:network": json.dumps(valid()["network"])})
    with pytest.raises(SettingsError, match="pulumi config set aws:region"):
        load()
    assert aws.calls == []


def test_zones_offerings_versions_and_the_caller_are_all_that_is_asked(aws: AwsAccount) -> None:
    account = read_account(AccountQuery({"m6i.large"}))
    assert account == Account(
        ACCOUNT.zones,
        {"m6i.large": ACCOUNT.offerings["m6i.large"]},
        kubernetes_versions=ACCOUNT.kubernetes_versions,
        deployer=DEPLOYER,
    )
    assert len(aws.calls) == 4


def test_the_version_of_the_stacks_own_cluster_is_known_once_there_is_one(aws: AwsAccount) -> None:
    hand_over(changed({"cluster.version": "1.34"}))
    load()
    aws.clusters[f"{PROJECT}-test"] = "1.35"
    with pytest.raises(SettingsError, match="must not be below what the cluster runs"):
        load()


def test_only_types_that_are_to_use_disks_of_their_own_are_asked_whether_they_have_some(
    aws: AwsAccount,
) -> None:
    account = read_account(AccountQuery({"m6i.large", "g5.2xlarge"}, {"m6i.large", "g5.2xlarge"}))
    assert account.instance_stores == {"g5.2xlarge"}
    aws.calls.clear()
    group = {"instanceTypes": ["g5.2xlarge"], "instanceStore": True, "zones": ["us-west-2a"]}
    hand_over(changed({"nodeGroups.gpu": group}))
    assert load().node_groups["gpu"].instance_store
    (asked,) = [call for call in aws.calls if call.token.endswith(":getInstanceTypes")]
    assert asked.args["filters"][0]["values"] == ["g5.2xlarge"]


def test_access_entries_of_a_cluster_are_told_apart_by_whether_the_stack_made_them(
    aws: AwsAccount,
) -> None:
    aws.clusters = {"c": "1.36"}
    own = {"Project": "eks-ml-storage", "Stack": "test"}
    aws.entries = {"of-eks": {}, "own": own, "of-another": {**own, "Stack": "dev"}}
    query = AccountQuery(cluster="c", principals={*aws.entries, "new"}, owner=own)
    assert read_account(query).others_entries == {"of-eks", "of-another"}
    assert read_account(replace(query, cluster="other")).others_entries == set()


def test_all_types_are_asked_for_when_one_is_not_offered(aws: AwsAccount) -> None:
    assert read_account(AccountQuery({"m6i.lrge"})).known_types == ACCOUNT.known_types


RUNS_PODS = {
    "a preload": {"storage.fsx.link": {"preload": True}},
    "new data": {"training.onNewData": {"job": "digits"}},
    "a pattern": {"patterns.modelRepository": {"models": {"m": {"job": "digits"}}}},
}


@pytest.mark.parametrize("changes", RUNS_PODS.values(), ids=[*RUNS_PODS])
def test_an_image_that_was_not_pushed_is_a_error_before_anything_is_created(
    aws: AwsAccount, changes: dict[str, Any]
) -> None:
    hand_over(changed(changes))
    with pytest.raises(SettingsError) as caught:
        load("ours-workloads:0123")
    (error,) = caught.value.errors
    assert error.path == ("workloads", "image")
    assert "make image STACK=test" in error.remedy
    assert "RepositoryNotFoundException: no such repository" in error.remedy
    aws.images.add("0123")
    assert load("ours-workloads:0123").runs_workloads
    asked = [call.args for call in aws.calls if call.token == "aws:ecr/getImage:getImage"]
    assert {one["repositoryName"] for one in asked} == {"ours-workloads"}


@pytest.mark.parametrize(
    "changes",
    [{}, {**RUNS_PODS["a preload"], "storage.backend": "efs"}, {"storage.fsx.link": None}],
    ids=["nothing", "a preload of the other back end", "no link"],
)
def test_an_image_that_no_pod_runs_need_not_be_there(
    aws: AwsAccount, changes: dict[str, Any]
) -> None:
    hand_over(changed(changes))
    assert not load("ours-workloads:0123").runs_workloads
    assert not [call for call in aws.calls if "ecr" in call.token]


def test_an_image_of_ones_own_may_be_in_any_registry(aws: AwsAccount) -> None:
    own = {"workloads.image": "registry.example.com/mine:7"}
    hand_over(changed({**RUNS_PODS["new data"], **own}))
    assert load("ours-workloads:0123").runs_workloads


def test_an_account_that_does_not_answer_is_one_error_beside_the_others(aws: AwsAccount) -> None:
    aws.refuses = True
    hand_over(changed({"storage.fsx.storageCapacityGib": 1000}))
    with pytest.raises(SettingsError) as caught:
        load()
    assert [error.path for error in caught.value.errors] == [
        ("aws:region",),
        ("storage", "fsx", "storageCapacityGib"),
    ]
    assert "aws sts get-caller-identity" in str(caught.value)
    with pytest.raises(AccountReadError):
        read_account(AccountQuery({"m6i.large"}))


def test_every_rule_has_an_input_that_it_refuses() -> None:
    names = [f"tests.settings.{one.stem}" for one in Path(__file__).parent.glob("test_*.py")]
    modules = map(import_module, names)
    cases = [case for module in modules for case in getattr(module, "CASES", {}).values()]
    configs = [
        *(
            case.settings() if isinstance(case, ExistingCase) else checked(case.changes)[0]
            for case in cases
        ),
        checked({}, region="")[0],
        checked({"storage.also": ["s3"], "cluster.version": "1.30"})[0],
        checked({}, names=("My.Project" * 10, "my_stack"))[0],
    ]
    idle = {rule for module in PURE for rule in module.RULES}
    for config in configs:
        idle -= {rule for rule in idle if any(rule(config))}
    assert sorted(f"{rule.__module__}.{rule.__name__}" for rule in idle) == []


def test_the_package_loads_without_the_aws_sdk() -> None:
    code = "import sys, settings; sys.exit('pulumi_aws' in sys.modules)"
    root = Path(__file__).resolve().parents[2]
    assert subprocess.run([sys.executable, "-c", code], cwd=root, check=False).returncode == 0
