"""An emulated account, and the things most tests begin with."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import boto3

SERVICES = (
    *("ec2", "ecr", "efs", "eks", "fsx", "iam", "kms", "logs", "pricing"),
    *("s3", "s3files", "sagemaker", "sqs", "sts"),
)
LUSTRE_PORTS = ((988, 988), (1018, 1023))


class Account:
    """Clients of the account's services as attributes: `aws.ec2`, `aws.fsx`."""

    def __init__(self, clients: Callable[[str], Any]) -> None:
        self._clients = clients

    def __getattr__(self, service: str) -> Any:
        if service not in SERVICES:
            raise AttributeError(service)
        return self._clients(service)

    def client_of(self, url: str, service: str, given: dict[str, str]) -> Any:
        """A client with the credentials of a session."""
        return boto3.client(
            service,
            endpoint_url=url,
            region_name="us-west-2",
            aws_access_key_id=given["AccessKeyId"],
            aws_secret_access_key=given["SecretAccessKey"],
            aws_session_token=given["SessionToken"],
        )

    def vpc(self, cidr: str = "10.0.0.0/16") -> str:
        return self.ec2.create_vpc(CidrBlock=cidr)["Vpc"]["VpcId"]

    def subnet(self, vpc: str, number: int = 0, zone: str = "a") -> str:
        return self.ec2.create_subnet(
            VpcId=vpc, CidrBlock=f"10.0.{number}.0/24", AvailabilityZone=f"us-west-2{zone}"
        )["Subnet"]["SubnetId"]

    def subnets(self, vpc: str, zones: str = "ab") -> list[str]:
        return [self.subnet(vpc, number, zone) for number, zone in enumerate(zones)]

    def group(self, vpc: str, name: str = "group") -> str:
        return self.ec2.create_security_group(GroupName=name, Description=name, VpcId=vpc)[
            "GroupId"
        ]

    def lustre_group(self, vpc: str, name: str = "lustre") -> str:
        group = self.group(vpc, name)
        self.ec2.authorize_security_group_ingress(
            GroupId=group,
            IpPermissions=[
                {
                    "IpProtocol": "tcp",
                    "FromPort": low,
                    "ToPort": high,
                    "UserIdGroupPairs": [{"GroupId": group}],
                }
                for low, high in LUSTRE_PORTS
            ],
        )
        return group

    def bucket(self, name: str = "data") -> str:
        self.s3.create_bucket(
            Bucket=name, CreateBucketConfiguration={"LocationConstraint": "us-west-2"}
        )
        return name

    def role(self, name: str, service: str) -> str:
        return self.iam.create_role(
            RoleName=name,
            AssumeRolePolicyDocument=json.dumps(
                {
                    "Version": "2012-10-17",
                    "Statement": [
                        {
                            "Effect": "Allow",
                            "Principal": {"Service": service},
                            "Action": "sts:AssumeRole",
                        }
                    ],
                }
            ),
        )["Role"]["Arn"]

    def cluster(self, name: str = "main", mode: str = "API", **settings: Any) -> dict[str, Any]:
        subnets = settings.pop("subnets", None) or self.subnets(self.vpc())
        self.eks.create_cluster(
            name=name,
            version=settings.pop("version", "1.34"),
            roleArn=settings.pop("roleArn", None) or self.role("cluster", "eks.amazonaws.com"),
            resourcesVpcConfig={"subnetIds": subnets},
            accessConfig={"authenticationMode": mode},
            **settings,
        )
        return self.eks.describe_cluster(name=name)["cluster"]

    def node_group(self, name: str = "cpu", **settings: Any) -> dict[str, Any]:
        vpc = self.eks.describe_cluster(name="main")["cluster"]["resourcesVpcConfig"]
        return self.eks.create_nodegroup(
            **{
                "clusterName": "main",
                "nodegroupName": name,
                "nodeRole": "arn:aws:iam::123456789012:role/nodes",
                "subnets": vpc["subnetIds"],
                "scalingConfig": {"minSize": 1, "desiredSize": 2, "maxSize": 3},
                **settings,
            }
        )["nodegroup"]

    def efs_file_system(self, token: str = "token", **settings: Any) -> str:
        return self.efs.create_file_system(CreationToken=token, **settings)["FileSystemId"]
