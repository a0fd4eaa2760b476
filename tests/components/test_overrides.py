"""Inputs that the stack file sets, laid over what the program gives."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pulumi.output import Unknown
from pulumi.runtime.rpc import wrap_rpc_secret
from pulumi.runtime.stack import wait_for_rpcs

from components.overrides import Overrides, UnmatchedOverridesError, merge_inputs, override_inputs
from components.overrides import unmatched as report
from components.overrides_spec import OverrideSpec
from components.protection import record_created
from components.tags import tag_every_resource
from tests.mocks import deploy

VPC = "aws:ec2/vpc:Vpc"
PLAIN = st.recursive(
    st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner),
    max_leaves=8,
)
MAPS = st.dictionaries(st.sampled_from("abc"), PLAIN, max_size=3)


def override(name: str, inputs: Mapping[str, Any], type_: str = VPC) -> OverrideSpec:
    return OverrideSpec(type=type_, name=name, inputs=dict(inputs))


class Seen:
    """Value, secrecy and dependencies of an output."""

    def __init__(self, value: Any, known: bool, secret: bool, depends_on: set[str]) -> None:
        self.value, self.known, self.secret, self.depends_on = value, known, secret, depends_on


def seen(make: Callable[[], Any]) -> Seen:
    """Make an output where there is an event loop, and look at it."""

    async def look() -> Seen:
        output = make()
        urns = {str(await one.urn.future()) for one in await output.resources()}
        value = await output.future(with_unknowns=True)
        found = Seen(value, await output.is_known(), await output.is_secret(), urns)
        await wait_for_rpcs()  # nothing is left for the loop of the next test
        return found

    return asyncio.run(look())


def output(value: Any, *, known: bool = True, secret: bool = False) -> pulumi.Output[Any]:
    """An output of a resource."""

    async def answer(one: Any) -> Any:
        return one

    of = {pulumi.resource.DependencyResource("urn:of")}
    return pulumi.Output(answer(of), answer(value), answer(known), answer(secret))


def test_objects_are_merged_and_all_else_is_replaced() -> None:
    before = {"spec": {"replicas": 1, "items": [1, 2], "kept": {"a": 1}}, "other": "x"}
    chosen = {"spec": {"replicas": 2, "items": [3], "kept": {"b": 2}, "new": {"c": 3}}}
    assert merge_inputs(before, chosen) == {
        "spec": {"replicas": 2, "items": [3], "kept": {"a": 1, "b": 2}, "new": {"c": 3}},
        "other": "x",
    }


def test_null_removes_an_input_at_any_depth_and_one_that_is_not_there() -> None:
    before = {"a": {"b": 1, "c": 2}, "d": 3}
    assert merge_inputs(before, {"a": {"b": None, "z": None}, "d": None}) == {"a": {"c": 2}}


@given(before=MAPS, chosen=MAPS)
def test_all_that_is_chosen_is_there_and_nothing_that_was_given_is_changed(
    before: dict[str, Any], chosen: dict[str, Any]
) -> None:
    copy = repr(before)
    after = merge_inputs(before, chosen)
    assert repr(before) == copy
    assert merge_inputs(after, chosen) == after
    assert {*after} == {*before, *chosen}
    assert all(after[name] == value for name, value in before.items() if name not in chosen)


def test_a_map_is_merged_with_an_output_and_keeps_its_dependencies_and_its_secrecy() -> None:
    found = seen(lambda: merge_inputs(output({"a": 1}, secret=True), {"b": 2}))
    assert found.value == {"a": 1, "b": 2}
    assert found.secret
    assert found.depends_on == {"urn:of"}


def test_a_map_over_an_output_that_is_not_known_yet_is_not_known_either() -> None:
    found = seen(lambda: merge_inputs(output(None, known=False), {"b": 2}))
    assert not found.known
    assert found.depends_on == {"urn:of"}


def test_what_replaces_an_output_is_known_in_a_preview_and_keeps_its_dependencies() -> None:
    found = seen(lambda: merge_inputs(output(None, known=False, secret=True), "mine"))
    assert (found.value, found.known, found.secret) == ("mine", True, True)
    assert found.depends_on == {"urn:of"}
    assert not seen(lambda: merge_inputs(output("theirs"), "mine")).secret


def test_a_secret_that_came_through_the_transform_before_stays_one() -> None:
    found = seen(lambda: merge_inputs(wrap_rpc_secret({"a": 1}), {"b": 2}))
    assert (found.value, found.secret) == ({"a": 1, "b": 2}, True)
    found = seen(lambda: merge_inputs({"a": wrap_rpc_secret("theirs")}, {"a": "mine"})["a"])
    assert (found.value, found.secret) == ("mine", True)


def test_what_came_through_the_transform_before_and_is_not_known_yet_stays_so() -> None:
    unknown = Unknown()
    assert merge_inputs({"a": unknown}, {"a": {"b": 1}}) == {"a": unknown}
    assert merge_inputs({"a": unknown}, {"a": "mine"}) == {"a": "mine"}


def test_what_a_stack_file_encrypts_is_a_secret_input() -> None:
    assert seen(lambda: merge_inputs({}, {"a": "x"}, secret=True)["a"]).secret
    assert seen(lambda: merge_inputs(output("y"), "x", secret=True)).secret
    found = seen(lambda: merge_inputs(output({"y": 1}), {"x": 2}, secret=True))
    assert (found.value, found.secret) == ({"y": 1, "x": 2}, True)


def test_an_override_is_of_one_type_and_one_name_and_comes_after_the_tags() -> None:
    def program() -> None:
        tag_every_resource("p", "s", {"Owner": "all"})
        created = record_created()
        overrides = [
            override("one", {"tags": {"Owner": "mine"}, "enableDnsSupport": True}),
            override("one", {"cidrBlock": None}),
        ]
        applied = override_inputs(overrides, secret=False)
        aws.ec2.Vpc("one", cidr_block="10.0.0.0/16")
        aws.ec2.Vpc("two", cidr_block="10.0.0.0/16")
        aws.ec2.Eip("one")
        applied.require_matches(created)

    deployment = deploy(program)
    identity = {"Project": "p", "Stack": "s"}
    assert deployment.one(":Vpc", "one").inputs == {
        "enableDnsSupport": True,
        "tags": {"Owner": "mine", **identity, "Name": "one"},
    }
    assert deployment.one(":Vpc", "two").inputs == {
        "cidrBlock": "10.0.0.0/16",
        "tags": {"Owner": "all", **identity, "Name": "two"},
    }
    assert "enableDnsSupport" not in deployment.one(":Eip").inputs


def test_each_override_is_logged_with_its_inputs_and_without_their_values(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lines: list[str] = []
    monkeypatch.setattr(pulumi.log, "info", lines.append)
    inputs = {"enableDnsSupport": False, "tags": {"a": "b", "c": "d"}}
    args = pulumi.ResourceTransformArgs(
        custom=True, type_=VPC, name="one", props={}, opts=pulumi.ResourceOptions()
    )
    Overrides([override("one", inputs), override("two", {"cidrBlock": "x"})]).transform(args)
    assert lines == ["overrides: aws:ec2/vpc:Vpc one: enableDnsSupport, tags.a, tags.c"]


def test_an_override_that_fits_nothing_fails_the_update_when_all_is_registered() -> None:
    def program() -> None:
        created = record_created()
        overrides = [override("netwrok", {"enableDnsSupport": True})]
        applied = override_inputs(overrides, secret=False)
        aws.ec2.Vpc("network", cidr_block="10.0.0.0/16")
        applied.require_matches(created)

    with pytest.raises(UnmatchedOverridesError, match="did you mean network"):
        deploy(program)


def test_an_override_of_what_is_registered_last_and_late_is_matched() -> None:
    def program() -> None:
        created = record_created()
        applied = override_inputs([override("late", {"enableDnsSupport": True})], secret=False)
        first = aws.ec2.Vpc("first")
        aws.ec2.Vpc("late", cidr_block=first.id.apply(lambda _: "10.0.0.0/16"))
        applied.require_matches(created)

    assert deploy(program).one(":Vpc", "late").inputs["enableDnsSupport"] is True


def test_the_report_names_each_override_that_fits_nothing_with_what_is_there() -> None:
    names = {VPC: {"network"}, "aws:ec2/subnet:Subnet": {f"zone-{n:02}" for n in range(12)}}
    overrides = [
        override("network", {"cidrBlock": "x"}),
        override("zone", {"cidrBlock": "x"}, "aws:ec2/subnet:Subnet"),
        override("a", {"cidrBlock": "x"}, "aws:ec2/subnet:Subnet"),
        override("a", {"name": "x"}, "aws:sqs/queue:Queue"),
    ]
    text = report(overrides, names)
    assert text is not None
    assert text.startswith("3 overrides fit no resource of the stack. ")
    assert "1. overrides[1]" in text
    assert "got:    aws:ec2/subnet:Subnet zone" in text
    assert "did you mean zone-" in text
    assert "zone-09 and 2 more" in text
    assert "the stack has no resource of this type, or remove the entry" in text
    assert report(overrides[:1], names) is None
