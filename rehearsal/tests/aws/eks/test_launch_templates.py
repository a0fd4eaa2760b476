"""Launch templates of managed node groups: what EKS and nodeadm take of them."""

from __future__ import annotations

import json
from base64 import b64encode
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rehearsal.aws import node_config
from rehearsal.aws.node_config import LocalStorage, NodeConfigError, local_storage

ARRAY = {"instance": {"localStorage": {"strategy": "RAID0"}}}


def config(spec: dict[str, Any], kind: str = "NodeConfig") -> str:
    return json.dumps({"apiVersion": "node.eks.aws/v1alpha1", "kind": kind, "spec": spec})


def archive(*parts: str) -> str:
    lines = ["MIME-Version: 1.0", 'Content-Type: multipart/mixed; boundary="B"', ""]
    for part in parts:
        lines += ["--B", "Content-Type: application/node.eks.aws", "", part]
    return b64encode("\n".join([*lines, "--B--", ""]).encode()).decode()


def template(aws, **data: Any) -> dict[str, str]:
    made = aws.ec2.create_launch_template(LaunchTemplateName="nodes", LaunchTemplateData=data)
    return {"id": made["LaunchTemplate"]["LaunchTemplateId"]}


@pytest.fixture
def cluster(aws):
    aws.role("nodes", "ec2.amazonaws.com")
    return aws.cluster()


def described(aws) -> dict[str, Any]:
    return aws.eks.describe_nodegroup(clusterName="main", nodegroupName="cpu")["nodegroup"]


def test_a_template_with_a_node_config_makes_a_node_group(aws, cluster):
    named = template(aws, UserData=archive(config(ARRAY)))
    aws.node_group(launchTemplate=named, instanceTypes=["m6id.large"])
    group = described(aws)
    assert group["status"] == "ACTIVE"
    assert group["launchTemplate"] == {**named, "name": "nodes", "version": "1"}
    assert "diskSize" not in group


@pytest.mark.parametrize(
    ("user_data", "code"),
    [
        (b64encode(b"#!/bin/sh\necho").decode(), "Ec2LaunchTemplateInvalidConfiguration"),
        (archive("{"), "NodeCreationFailure"),
        (archive(config(ARRAY, kind="Node")), "NodeCreationFailure"),
        (archive(config({"instance": {"localStorage": {"strategy": "RAID5"}}})), "NodeCreationF"),
    ],
)
def test_nodes_of_a_template_that_is_wrong_do_not_come_up(aws, cluster, user_data, code):
    aws.node_group(launchTemplate=template(aws, UserData=user_data))
    group = described(aws)
    assert group["status"] == "CREATE_FAILED"
    assert group["health"]["issues"][0]["code"].startswith(code)


def test_another_version_of_the_template_brings_the_newest_image_unless_one_is_named(aws, cluster):
    group = {"clusterName": "main", "nodegroupName": "cpu"}
    named = template(aws, UserData=archive(config(ARRAY)))
    aws.node_group(launchTemplate=named, releaseVersion="1.34.1-20261023")
    aws.ec2.create_launch_template_version(
        LaunchTemplateId=named["id"], LaunchTemplateData={"UserData": archive(config(ARRAY))}
    )
    update = aws.eks.update_nodegroup_version
    pinned = {"version": "1.34", "releaseVersion": "1.34.1-20261101"}
    update(**group, launchTemplate={**named, "version": "1"}, **pinned)
    assert described(aws)["releaseVersion"] == "1.34.1-20261101"
    update(**group, launchTemplate={**named, "version": "2"})
    assert described(aws)["releaseVersion"] == "1.34.2-20261118"
    assert described(aws)["launchTemplate"]["version"] == "2"


def test_a_node_group_keeps_the_launch_template_it_was_made_with(aws, cluster, refused):
    group = {"clusterName": "main", "nodegroupName": "cpu"}
    named = template(aws, UserData=archive(config(ARRAY)))
    aws.node_group(launchTemplate=named)
    other = aws.ec2.create_launch_template(
        LaunchTemplateName="other", LaunchTemplateData={"UserData": archive(config(ARRAY))}
    )["LaunchTemplate"]["LaunchTemplateId"]
    update, code = aws.eks.update_nodegroup_version, "InvalidParameterException"
    refused(code, update, "created with", **group, launchTemplate={"id": other})
    both = {**named, "name": "nodes"}
    refused(code, update, "but not both", **group, launchTemplate=both)


@pytest.mark.parametrize(
    ("data", "settings", "naming"),
    [
        ({}, {"diskSize": 50}, "Disk size"),
        ({"InstanceType": "m6i.large"}, {"instanceTypes": ["m6i.large"]}, "Instance types"),
        ({"IamInstanceProfile": {"Name": "nodes"}}, {}, "an instance profile"),
    ],
)
def test_what_the_template_and_the_group_both_say_is_refused(
    *, aws, cluster, refused, data, settings, naming
):
    named = template(aws, EbsOptimized=True, **data)
    refused("InvalidParameterException", aws.node_group, naming, launchTemplate=named, **settings)


def test_a_version_that_does_not_exist_is_refused(aws, cluster, refused):
    named = template(aws, EbsOptimized=True)
    wanted = named | {"version": "2"}
    refused("InvalidRequestException", aws.node_group, "version 2", launchTemplate=wanted)


def test_a_group_is_brought_to_a_templates_next_version_unless_it_is_wrong(aws, cluster, refused):
    named = template(aws, UserData=archive(config(ARRAY)))
    aws.node_group(launchTemplate=named)
    for data in (archive(config({})), b64encode(b"#!/bin/sh").decode()):
        aws.ec2.create_launch_template_version(
            LaunchTemplateId=named["id"], LaunchTemplateData={"UserData": data}
        )
    group = {"clusterName": "main", "nodegroupName": "cpu"}
    update = aws.eks.update_nodegroup_version
    update(**group, launchTemplate=named | {"version": "2"})
    assert described(aws)["launchTemplate"]["version"] == "2"
    latest = named | {"version": "$Latest"}
    refused("InvalidRequestException", update, "MIME", **group, launchTemplate=latest)


def test_the_last_part_that_says_how_the_disks_are_used_counts():
    mount = config({"instance": {"localStorage": {"strategy": "Mount"}}})
    assert local_storage(archive(config(ARRAY), mount, config({}))).strategy == "Mount"
    assert local_storage(archive(config({"cluster": {"name": "main"}}))) == LocalStorage()
    assert local_storage("") == LocalStorage()


@given(st.text())
def test_any_user_data_is_read_or_refused_with_a_reason(text):
    for data in (text, b64encode(text.encode()).decode(), archive(text)):
        with suppress(NodeConfigError):
            assert not node_config.is_multipart(data) or not local_storage(data).strategy


def test_the_tags_of_a_template_are_not_those_of_what_it_launches(aws):
    tags = [{"Key": "Team", "Value": "a"}]
    launched = [{"ResourceType": "instance", "Tags": tags}]
    aws.ec2.create_launch_template(
        LaunchTemplateName="nodes",
        LaunchTemplateData={"TagSpecifications": launched},
        TagSpecifications=[{"ResourceType": "launch-template", "Tags": tags}],
    )
    (version,) = aws.ec2.describe_launch_template_versions(LaunchTemplateName="nodes")[
        "LaunchTemplateVersions"
    ]
    assert version["LaunchTemplateData"]["TagSpecifications"] == launched
    (template,) = aws.ec2.describe_launch_templates()["LaunchTemplates"]
    assert template["Tags"] == tags


TAGS = [{"Key": "Team", "Value": "ml"}]
OWN = [{"ResourceType": "launch-template", "Tags": TAGS}]


@pytest.mark.parametrize("own", [[], OWN])
@pytest.mark.parametrize("launched", [[], [{"ResourceType": "instance", "Tags": TAGS}]])
def test_only_what_was_asked_to_be_tagged_is(aws, own, launched):
    data = {"InstanceType": "m7i.large"} | ({"TagSpecifications": launched} if launched else {})
    more = {"TagSpecifications": own} if own else {}
    made = aws.ec2.create_launch_template(
        LaunchTemplateName="nodes", LaunchTemplateData=data, **more
    )["LaunchTemplate"]
    assert made.get("Tags", []) == (TAGS if own else [])
    (version,) = aws.ec2.describe_launch_template_versions(LaunchTemplateName="nodes")[
        "LaunchTemplateVersions"
    ]
    assert version["LaunchTemplateData"] == data


def test_a_template_does_not_touch_what_another_launches(aws):
    """EC2 keeps the data as it was given, also what it would not launch anything by."""
    given = {"TagSpecifications": OWN}
    aws.ec2.create_launch_template(LaunchTemplateName="other", LaunchTemplateData=given)
    aws.ec2.create_launch_template(
        LaunchTemplateName="nodes",
        LaunchTemplateData={"InstanceType": "m7i.large"},
        TagSpecifications=OWN,
    )
    (version,) = aws.ec2.describe_launch_template_versions(LaunchTemplateName="other")[
        "LaunchTemplateVersions"
    ]
    assert version["LaunchTemplateData"] == given


def test_a_token_used_again_gives_the_same_tagged_template(aws):
    given = {
        "LaunchTemplateName": "nodes",
        "LaunchTemplateData": {"InstanceType": "m7i.large"},
        "TagSpecifications": OWN,
        "ClientToken": "once",
    }
    first, second = (aws.ec2.create_launch_template(**given)["LaunchTemplate"] for _ in "12")
    assert first["LaunchTemplateId"] == second["LaunchTemplateId"]


def test_nodes_have_the_security_groups_of_their_template_and_else_the_clusters(aws, cluster):
    vpc = cluster["resourcesVpcConfig"]
    own = aws.ec2.create_security_group(GroupName="own", Description="own", VpcId=vpc["vpcId"])[
        "GroupId"
    ]
    for name, data, group in (
        ("plain", {}, vpc["clusterSecurityGroupId"]),
        ("grouped", {"SecurityGroupIds": [own]}, own),
    ):
        made = aws.ec2.create_launch_template(LaunchTemplateName=name, LaunchTemplateData=data)
        named = {"id": made["LaunchTemplate"]["LaunchTemplateId"]}
        aws.node_group(nodegroupName=name, launchTemplate=named)
        filters = [{"Name": "description", "Values": [f"node of */{name}"]}]
        found = aws.ec2.describe_network_interfaces(Filters=filters)["NetworkInterfaces"]
        assert {one["GroupId"] for each in found for one in each["Groups"]} == {group}
