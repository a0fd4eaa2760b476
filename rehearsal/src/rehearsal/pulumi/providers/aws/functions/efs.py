"""Functions that look up EFS file systems, and the rules by which clients reach them.

Source of what they return and refuse: terraform-provider-aws, the data sources of its EFS, EC2 and
Cloud Control services; AWS CloudFormation, AWS::EFS::FileSystem (the properties of Cloud Control).
"""

from __future__ import annotations

import json
from typing import Any

from botocore.exceptions import ClientError

from rehearsal.pulumi.providers.aws import errors
from rehearsal.pulumi.providers.aws.call import Call, properties
from rehearsal.pulumi.providers.aws.functions.declaration import Function, filters
from rehearsal.pulumi.providers.aws.services.efs.file_system import dns_name
from rehearsal.pulumi.providers.aws.tags import plain
from rehearsal.pulumi.providers.server import ProviderError

_RULE = {
    "CidrIpv4": "cidrIpv4",
    "CidrIpv6": "cidrIpv6",
    "Description": "description",
    "FromPort": "fromPort",
    "GroupId": "securityGroupId",
    "IpProtocol": "ipProtocol",
    "IsEgress": "isEgress",
    "PrefixListId": "prefixListId",
    "SecurityGroupRuleId": "id",
    "ToPort": "toPort",
}
_EFS_TYPE = "AWS::EFS::FileSystem"
_PROPERTIES = ("AvailabilityZoneName", "Encrypted", "KmsKeyId", "PerformanceMode", "ThroughputMode")


def _file_system(call: Call) -> dict[str, Any]:
    given = {"FileSystemId": "fileSystemId", "CreationToken": "creationToken"}
    try:
        listed = call.client("efs").describe_file_systems(**call.request(given))["FileSystems"]
    except ClientError as error:
        if errors.code(error) != "FileSystemNotFound":
            raise
        listed = []
    if len(listed) != 1:
        raise ProviderError("reading EFS FileSystem: couldn't find resource")
    (found,) = listed
    system = found["FileSystemId"]
    size = found.get("SizeInBytes") or {}
    protection = found.get("FileSystemProtection") or {}
    return {
        "arn": found["FileSystemArn"],
        "availabilityZoneId": found.get("AvailabilityZoneId") or "",
        "availabilityZoneName": found.get("AvailabilityZoneName") or "",
        "creationToken": found["CreationToken"],
        "dnsName": dns_name(call, system),
        "encrypted": found.get("Encrypted", False),
        "fileSystemId": system,
        "id": system,
        "kmsKeyId": found.get("KmsKeyId") or "",
        "lifecyclePolicies": [],
        "name": found.get("Name") or "",
        "performanceMode": found["PerformanceMode"],
        "protections": [
            {"replicationOverwrite": protection.get("ReplicationOverwriteProtection", "ENABLED")}
        ],
        "provisionedThroughputInMibps": found.get("ProvisionedThroughputInMibps") or 0,
        "sizeInBytes": int(size.get("Value", 0)),
        "tags": plain(found.get("Tags")),
        "throughputMode": found["ThroughputMode"],
    }


def _rules(call: Call) -> dict[str, Any]:
    chosen = filters(call.inputs.get("filters"), call.inputs.get("tags"))
    found = call.client("ec2").describe_security_group_rules(Filters=chosen)["SecurityGroupRules"]
    return {"ids": [one["SecurityGroupRuleId"] for one in found]}


def _rule(call: Call) -> dict[str, Any]:
    wanted = [call.inputs["securityGroupRuleId"]]
    answer = call.client("ec2").describe_security_group_rules(SecurityGroupRuleIds=wanted)
    if not answer["SecurityGroupRules"]:
        raise ProviderError("no matching EC2 Security Group Rule found")
    (found,) = answer["SecurityGroupRules"]
    texts = dict.fromkeys(("cidrIpv4", "cidrIpv6", "description", "prefixListId"), "")
    return {
        **texts,
        "fromPort": -1,
        "toPort": -1,
        **properties(found, _RULE),
        "arn": call.arn("ec2", f"security-group-rule/{found['SecurityGroupRuleId']}"),
        "referencedSecurityGroupId": (found.get("ReferencedGroupInfo") or {}).get("GroupId", ""),
        "tags": plain(found.get("Tags")),
    }


def _cloud_control(call: Call) -> dict[str, Any]:
    """Return the properties of a file system by their names in CloudFormation."""
    kind, system = call.inputs["typeName"], call.inputs["identifier"]
    if kind != _EFS_TYPE:
        raise ProviderError(f"cloudcontrol.getResource is emulated for {_EFS_TYPE}, not for {kind}")
    efs = call.client("efs")
    (found,) = efs.describe_file_systems(FileSystemId=system)["FileSystems"]
    known = {name: found[name] for name in _PROPERTIES if found.get(name)}
    try:
        policy = json.loads(efs.describe_file_system_policy(FileSystemId=system)["Policy"])
    except ClientError as error:
        if errors.code(error) != "PolicyNotFound":
            raise
    else:
        known["FileSystemPolicy"] = policy
    known |= {"Arn": found["FileSystemArn"], "FileSystemId": system}
    return {"id": system, "properties": json.dumps(known)}


FUNCTIONS = {
    "aws:efs/getFileSystem:getFileSystem": Function(
        "efs", _file_system, arguments={"creationToken", "fileSystemId"}
    ),
    "aws:vpc/getSecurityGroupRules:getSecurityGroupRules": Function(
        "ec2", _rules, arguments={"filters", "tags"}
    ),
    "aws:vpc/getSecurityGroupRule:getSecurityGroupRule": Function(
        "ec2", _rule, required={"securityGroupRuleId"}
    ),
    "aws:cloudcontrol/getResource:getResource": Function(
        "cloudformation", _cloud_control, required={"typeName", "identifier"}
    ),
}
