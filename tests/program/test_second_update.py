"""Resources that an update of a deployed stack leaves as they are."""

from collections.abc import Mapping
from typing import Any

import pytest

from settings import SettingsError
from settings.deployed import deployed_parts as facts
from tests.mocks import Deployment, deploy_stack, names

A, B, C, D = (f"us-west-2{letter}" for letter in "abcd")
NO_DATASETS: dict[str, Any] = {"datasets": {}, "training.jobs": {}}
NO_NEW_DATA: dict[str, Any] = {**NO_DATASETS, "training.onNewData": None}
GROUPS = {"nodeGroups.gpu.zones": [B]}


def update(stack: str, changes: Mapping[str, Any], before: Deployment | None = None) -> Deployment:
    """The next update of a stack, without datasets and jobs."""
    rest = NO_DATASETS if stack == "prod" else NO_NEW_DATA
    return deploy_stack(stack, {**rest, **changes}, before.state if before else None)


def changed(before: Deployment, after: Deployment) -> list[str]:
    """Names of what was there and is not any more, or not with the same inputs."""
    inputs = {each.urn: each.inputs for each in after.resources}
    return sorted(
        each.name
        for each in before.resources
        # The S3 endpoint takes the route tables of new zones in place.
        if inputs.get(each.urn) != each.inputs and not each.type.endswith(":VpcEndpoint")
    )


@pytest.mark.parametrize("zones", [[C, B, A], [D, A, B, C], [A, D, B, C], [A, B, C, D]])
def test_another_order_or_another_zone_changes_nothing_that_is_there(zones: list[str]) -> None:
    before = update("prod", {"storage.fsx.zone": None})
    after = update("prod", {"storage.fsx.zone": None, "network.zones": zones}, before)
    assert changed(before, after) == []
    new = {each.name for each in after.resources} - {each.name for each in before.resources}
    assert all(D in name for name in new)
    assert len(after.of_type(":Subnet")) == 2 * len(zones)


def test_a_zone_before_the_others_leaves_a_single_nat_gateway_where_it_is() -> None:
    before = update("dev", {"network.zones": [B, C]})
    after = update("dev", {"network.zones": [A, B, C]}, before)
    assert names(after.of_type(":NatGateway")) == [f"network-egress-nat-{B}"]
    assert changed(before, after) == []


def as_the_last_release_left_it(made: Deployment) -> Deployment:
    """The subnets of zones b and c have the first and second blocks, by the order of the list."""
    for resource in made.state.values():
        if resource["type"].endswith(":Subnet"):
            number = {B: 0, C: 1}[resource["outputs"]["availabilityZone"]]
            public = resource["outputs"]["mapPublicIpOnLaunch"]
            block = f"10.20.{224 + number * 4}.0/22" if public else f"10.20.{number * 32}.0/19"
            resource["outputs"]["cidrBlock"] = block
    return made


def test_a_stack_of_the_last_release_keeps_its_subnets() -> None:
    before = as_the_last_release_left_it(update("dev", {"network.zones": [B, C]}))
    there = {
        (each["outputs"]["availabilityZone"], each["outputs"]["cidrBlock"])
        for each in before.state.values()
        if each["type"].endswith(":Subnet")
    }
    for zones in ([B, C], [A, B, C], [C, B], [B, C, D]):
        after = update("dev", {"network.zones": zones}, before)
        subnets = [
            (each.inputs["availabilityZone"], each.inputs["cidrBlock"])
            for each in after.of_type(":Subnet")
        ]
        assert there <= {*subnets}
        assert len({block for _, block in subnets}) == len(subnets)


def test_a_file_system_that_grows_changes_only_itself_and_what_shows_its_size() -> None:
    before = update("prod", {})
    after = update("prod", {"storage.fsx.storageCapacityGib": 4800}, before)
    assert changed(before, after) == ["mount-claims-training-volume", "storage-file-system"]


def test_what_would_lose_data_is_refused_before_anything_is_registered() -> None:
    before = update("prod", {})
    store = facts(before.state).file_systems["fsx"]
    with pytest.raises(SettingsError, match=store.id) as caught:
        update("prod", {"storage.fsx.storageCapacityGib": 1200, "storage.fsx.zone": B}, before)
    assert len(caught.value.errors) == 2


def test_the_state_of_each_back_end_is_understood() -> None:
    for stack, backend in (("dev", "efs"), ("prod", "fsx")):
        there = facts(update(stack, {}).state)
        assert there.backend == backend
        assert list(there.file_systems) == [backend]
        assert there.bucket
        assert set(there.private_cidrs) >= {A, B}
        assert (there.file_system_zone == A) == (backend == "fsx")
        assert there.nat_zones
