from typing import Any

import pulumi
import pulumi_aws as aws
from hypothesis import given
from hypothesis import strategies as st

from components.tags import tag_every_resource, tag_transform
from tests.mocks import deploy

TAGS = st.dictionaries(st.text("abcXYZ", min_size=1, max_size=4), st.text(max_size=4), max_size=4)


def transformed(type_: str, props: dict[str, Any], own: dict[str, str]) -> Any:
    args = pulumi.ResourceTransformArgs(
        custom=True, type_=type_, name="web", props=props, opts=pulumi.ResourceOptions()
    )
    result = tag_transform("p", "s", own)(args)
    return None if result is None else result.props


@given(given_tags=TAGS, own=TAGS)
def test_the_identity_wins_over_a_resources_tags_and_these_over_ones_own(
    given_tags: dict[str, str], own: dict[str, str]
) -> None:
    props = transformed("aws:ec2/vpc:Vpc", {"cidrBlock": "c", "tags": given_tags}, own)
    identity = {"Project": "p", "Stack": "s", "Name": "web"}
    assert props == {"cidrBlock": "c", "tags": {**own, **given_tags, **identity}}


def test_what_takes_no_tags_is_left_alone() -> None:
    assert transformed("aws:ec2/route:Route", {}, {}) is None
    assert transformed("eks:index:Addon", {}, {}) is None


def test_an_object_has_no_more_tags_than_s3_takes_whatever_tags_a_stack_has() -> None:
    own = {f"tag-{number}": "x" for number in range(40)}
    props = transformed("aws:s3/bucketObjectv2:BucketObjectv2", {"key": "k"}, own)
    assert props["tags"] == {"Project": "p", "Stack": "s", "Name": "web"}


def test_what_a_launch_template_launches_has_the_tags_of_the_template() -> None:
    props = transformed("aws:ec2/launchTemplate:LaunchTemplate", {}, {"Owner": "me"})
    tags = {"Owner": "me", "Project": "p", "Stack": "s", "Name": "web"}
    assert props["tags"] == tags
    assert props["tagSpecifications"] == [
        {"resourceType": launched, "tags": tags}
        for launched in ("instance", "volume", "network-interface")
    ]


def test_resources_of_a_program_are_tagged_by_their_logical_names() -> None:
    def program() -> None:
        tag_every_resource("p", "s", {"Owner": "me"})
        aws.ec2.Vpc("network", tags={"Name": "something else"})

    assert deploy(program).one(":Vpc").inputs["tags"] == {
        "Owner": "me",
        "Project": "p",
        "Stack": "s",
        "Name": "network",
    }
