from __future__ import annotations

from typing import Any

from tests.pulumi.providers.aws.stack import Stack, exercise

TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate"
DISK = {
    "deviceName": "/dev/xvda",
    "ebs": {"volumeSize": 100, "volumeType": "gp3", "encrypted": "true"},
}


def test_a_change_of_a_launch_template_is_its_next_version(stack: Stack) -> None:
    inputs: dict[str, Any] = {
        "blockDeviceMappings": [DISK],
        "instanceType": "m5.large",
        "metadataOptions": {"httpTokens": "required", "httpPutResponseHopLimit": 2},
        "tagSpecifications": [{"resourceType": "instance", "tags": {"Name": "node"}}],
    }
    template = stack.create(TEMPLATE, "nodes", **inputs)
    assert template.id.startswith("lt-")
    assert template["blockDeviceMappings"] == [DISK]
    inputs |= {"instanceType": "m5.xlarge", "updateDefaultVersion": True}
    stack.update(template, **inputs)
    assert (template["latestVersion"], template["defaultVersion"]) == (2, 2)
    exercise(stack, template, **inputs)


def test_a_launch_template_of_another_name_is_another(stack: Stack) -> None:
    template = stack.create(TEMPLATE, "nodes", name="nodes-a")
    assert stack.diff(template, name="nodes-b").replaces == ["name"]
