"""EC2 launch templates; each change is a new version of the same template."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rehearsal.pulumi.providers.aws.call import Call, without_none
from rehearsal.pulumi.providers.aws.declaration import Naming, Resource, State
from rehearsal.pulumi.providers.aws.tags import EC2, pairs, plain, specification

_DATA = {
    "blockDeviceMappings",
    "ebsOptimized",
    "iamInstanceProfile",
    "imageId",
    "instanceType",
    "keyName",
    "metadataOptions",
    "monitoring",
    "tagSpecifications",
    "userData",
    "vpcSecurityGroupIds",
}
_AWS_NAMES = {"vpcSecurityGroupIds": "SecurityGroupIds"}
_PULUMI_NAMES = {aws: name for name, aws in _AWS_NAMES.items()}
# pulumi-aws holds these as text, so that "not given" is a third value beside yes and no.
_TEXT_BOOLEANS = {"deleteOnTermination", "ebsOptimized", "encrypted"}

_FIELDS = {
    "blockDeviceMappings.deviceName",
    "blockDeviceMappings.ebs.deleteOnTermination",
    "blockDeviceMappings.ebs.encrypted",
    "blockDeviceMappings.ebs.iops",
    "blockDeviceMappings.ebs.kmsKeyId",
    "blockDeviceMappings.ebs.snapshotId",
    "blockDeviceMappings.ebs.throughput",
    "blockDeviceMappings.ebs.volumeSize",
    "blockDeviceMappings.ebs.volumeType",
    "metadataOptions.httpEndpoint",
    "metadataOptions.httpPutResponseHopLimit",
    "metadataOptions.httpTokens",
    "metadataOptions.instanceMetadataTags",
}


def _to_aws(name: str, value: Any) -> Any:
    """Return a value with the keys of its maps as AWS spells them."""
    if name == "tags":
        return pairs(value)
    if name in _TEXT_BOOLEANS:
        return str(value).lower() == "true"
    if isinstance(value, Mapping):
        items = {key: _to_aws(key, item) for key, item in value.items() if item is not None}
        return {_AWS_NAMES.get(k, k[0].upper() + k[1:]): v for k, v in items.items()}
    if isinstance(value, list):
        return [_to_aws("", item) for item in value]
    return value


def _to_pulumi(name: str, value: Any) -> Any:
    """Return a value with the keys of its maps as Pulumi spells them."""
    if name == "tags":
        return plain(value)
    if name in _TEXT_BOOLEANS:
        return str(value).lower()
    if isinstance(value, Mapping):
        named = {_PULUMI_NAMES.get(k, k[0].lower() + k[1:]): v for k, v in value.items()}
        return {key: _to_pulumi(key, item) for key, item in named.items()}
    if isinstance(value, list):
        return [_to_pulumi("", item) for item in value]
    return value


def _data(call: Call) -> dict[str, Any]:
    return dict(_to_aws("", {name: call.inputs.get(name) for name in sorted(_DATA)}))


def _create(call: Call) -> str:
    answer = call.client("ec2").create_launch_template(
        LaunchTemplateName=call.inputs["name"],
        LaunchTemplateData=_data(call),
        ClientToken=call.token,
        **call.request({"VersionDescription": "description"}),
        **specification(call, "launch-template"),
    )
    return str(answer["LaunchTemplate"]["LaunchTemplateId"])


def _read(call: Call) -> State | None:
    ec2 = call.client("ec2")
    templates = ec2.describe_launch_templates(LaunchTemplateIds=[call.id])["LaunchTemplates"]
    if not templates:
        return None
    template = templates[0]
    answer = ec2.describe_launch_template_versions(
        LaunchTemplateId=call.id, Versions=[str(template["LatestVersionNumber"])]
    )
    latest = answer["LaunchTemplateVersions"][0]
    data = dict(_to_pulumi("", latest["LaunchTemplateData"]))
    return {
        **{name: value for name, value in data.items() if name in _DATA},
        **without_none(description=latest.get("VersionDescription")),
        "arn": call.arn("ec2", f"launch-template/{call.id}"),
        "defaultVersion": template["DefaultVersionNumber"],
        "latestVersion": template["LatestVersionNumber"],
        "name": template["LaunchTemplateName"],
        "tags": plain(template.get("Tags")),
    }


def _update(call: Call) -> None:
    ec2 = call.client("ec2")
    version = call.outputs["latestVersion"]
    if call.changed & (_DATA | {"description"}):
        answer = ec2.create_launch_template_version(
            LaunchTemplateId=call.id,
            LaunchTemplateData=_data(call),
            ClientToken=call.token,
            **call.request({"VersionDescription": "description"}),
        )
        version = answer["LaunchTemplateVersion"]["VersionNumber"]
    default = version if call.inputs.get("updateDefaultVersion") else None
    default = call.inputs.get("defaultVersion") or default
    if default is not None:
        ec2.modify_launch_template(LaunchTemplateId=call.id, DefaultVersion=str(default))


def _delete(call: Call) -> None:
    call.client("ec2").delete_launch_template(LaunchTemplateId=call.id)


LAUNCH_TEMPLATE = Resource(
    token="aws:ec2/launchTemplate:LaunchTemplate",
    service="ec2",
    noun="EC2 Launch Template",
    naming=Naming("name", most=125),
    replaces={"name", "namePrefix"},
    updates={
        *(name for name in _DATA if not any(field.startswith(f"{name}.") for field in _FIELDS)),
        *_FIELDS,
        "defaultVersion",
        "description",
        "updateDefaultVersion",
    },
    computed={"defaultVersion", "metadataOptions"},
    changing={"defaultVersion", "latestVersion"},
    tagging=EC2,
    create=_create,
    read=_read,
    update=_update,
    delete=_delete,
)

RESOURCES = [LAUNCH_TEMPLATE]
