"""An emulated AWS account with what the controllers need, made as a program would make it."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import boto3

from rehearsal.credentials import Credentials
from tests.accounts import OWN

REGION = "us-west-2"
CLUSTER = "main"
Statement = dict[str, Any]


def allow(*actions: str, resource: str = "*", **condition: Any) -> Statement:
    """A statement that allows actions."""
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": resource}
    return statement | ({"Condition": condition} if condition else {})


@cache
def _client(endpoint: str, service: str, keys: Credentials) -> Any:
    """Made once: to read a service's model takes longer than most tests."""
    return boto3.client(
        service,
        endpoint_url=endpoint,
        region_name=REGION,
        aws_access_key_id=keys.access_key,
        aws_secret_access_key=keys.secret_key,
    )


class Account:
    """Makes things in the account, each by its real call."""

    def __init__(self, endpoint: str, credentials: Credentials = OWN) -> None:
        self._endpoint = endpoint
        self._credentials = credentials
        ec2 = self.client("ec2")
        self.vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        self.subnets = [
            ec2.create_subnet(
                VpcId=self.vpc, CidrBlock=f"10.0.{number}.0/24", AvailabilityZone=f"{REGION}{zone}"
            )["Subnet"]["SubnetId"]
            for number, zone in enumerate("ab")
        ]
        self.group = self._storage_group()

    def client(self, service: str) -> Any:
        """A client of the account."""
        return _client(self._endpoint, service, self._credentials)

    def cluster(self) -> None:
        """An EKS cluster with two nodes and the agent that gives pods their credentials."""
        eks = self.client("eks")
        role = self.role("cluster", trust("eks.amazonaws.com"))
        eks.create_cluster(
            name=CLUSTER,
            version="1.34",
            roleArn=role,
            resourcesVpcConfig={"subnetIds": self.subnets},
            accessConfig={"authenticationMode": "API"},
        )
        eks.get_waiter("cluster_active").wait(name=CLUSTER, WaiterConfig={"Delay": 1})
        eks.create_addon(clusterName=CLUSTER, addonName="eks-pod-identity-agent")
        eks.create_nodegroup(
            clusterName=CLUSTER,
            nodegroupName="cpu",
            nodeRole=self.role("nodes", trust("ec2.amazonaws.com")),
            subnets=self.subnets,
            instanceTypes=["m6i.large"],
            scalingConfig={"minSize": 1, "desiredSize": 2, "maxSize": 3},
        )

    def role(self, name: str, trusted: dict[str, Any], *statements: Statement) -> str:
        """A role with one inline policy; gives its ARN."""
        iam = self.client("iam")
        arn: str = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trusted))[
            "Role"
        ]["Arn"]
        if statements:
            iam.put_role_policy(
                RoleName=name,
                PolicyName="inline",
                PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": statements}),
            )
        return arn

    def pod_identity(self, namespace: str, account: str, *statements: Statement) -> str:
        """A role of one service account's pods; gives its ARN."""
        role = self.role(f"pods-{account}", pod_trust(namespace, account), *statements)
        self.client("eks").create_pod_identity_association(
            clusterName=CLUSTER, namespace=namespace, serviceAccount=account, roleArn=role
        )
        return role

    def bucket(self, name: str, **objects: bytes) -> None:
        """A bucket with objects: key parts are joined by double underscores."""
        s3 = self.client("s3")
        s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
        for key, body in objects.items():
            s3.put_object(Bucket=name, Key=key.replace("__", "/"), Body=body)

    def lustre(self, **configuration: Any) -> dict[str, Any]:
        """An FSx for Lustre file system."""
        lustre = {
            "DeploymentType": "PERSISTENT_1",
            "PerUnitStorageThroughput": 50,
            **configuration,
        }
        made: dict[str, Any] = self.client("fsx").create_file_system(
            FileSystemType="LUSTRE",
            StorageCapacity=1200,
            SubnetIds=self.subnets[:1],
            SecurityGroupIds=[self.group],
            FileSystemTypeVersion="2.15",
            LustreConfiguration=lustre,
        )["FileSystem"]
        return made

    def nfs(self) -> str:
        """An EFS file system with a mount target; gives its id."""
        efs = self.client("efs")
        system: str = efs.create_file_system(CreationToken="t", Encrypted=True)["FileSystemId"]
        efs.create_mount_target(
            FileSystemId=system, SubnetId=self.subnets[0], SecurityGroups=[self.group]
        )
        return system

    def s3_files(self, bucket: str, prefix: str = "", *rights: Statement) -> str:
        """A file system of S3 Files with a mount target, over a bucket; gives its id."""
        versioned = {"Status": "Enabled"}
        self.client("s3").put_bucket_versioning(Bucket=bucket, VersioningConfiguration=versioned)
        trusted = trust("elasticfilesystem.amazonaws.com")
        role = self.role("files", trusted, *(rights or (allow("s3:*", "events:*"),)))
        files = self.client("s3files")
        arn = f"arn:aws:s3:::{bucket}"
        given = {"bucket": arn, "roleArn": role} | ({"prefix": prefix} if prefix else {})
        system: str = files.create_file_system(**given)["fileSystemId"]
        assert files.get_file_system(fileSystemId=system)["status"] == "available"
        files.create_mount_target(
            fileSystemId=system, subnetId=self.subnets[0], securityGroups=[self.group]
        )
        return system

    def admit_nodes(self, system: str) -> None:
        """Let the cluster's nodes mount an EFS file system, in either zone."""
        efs, found = self.client("efs"), self.client("eks").describe_cluster(name=CLUSTER)
        efs.create_mount_target(
            FileSystemId=system, SubnetId=self.subnets[1], SecurityGroups=[self.group]
        )
        nodes = found["cluster"]["resourcesVpcConfig"]["clusterSecurityGroupId"]
        rule = {"IpProtocol": "tcp", "FromPort": 2049, "ToPort": 2049}
        pair = {"UserIdGroupPairs": [{"GroupId": nodes}]}
        ec2 = self.client("ec2")
        ec2.authorize_security_group_ingress(GroupId=self.group, IpPermissions=[{**rule, **pair}])

    def _storage_group(self) -> str:
        """A group whose members mount Lustre and NFS from each other."""
        ec2 = self.client("ec2")
        group: str = ec2.create_security_group(
            GroupName="storage", Description="Storage", VpcId=self.vpc
        )["GroupId"]
        ports = [(988, 988), (1018, 1023), (2049, 2049)]
        ec2.authorize_security_group_ingress(
            GroupId=group,
            IpPermissions=[
                {
                    "IpProtocol": "tcp",
                    "FromPort": first,
                    "ToPort": last,
                    "UserIdGroupPairs": [{"GroupId": group}],
                }
                for first, last in ports
            ],
        )
        return group


def trust(service: str) -> dict[str, Any]:
    """A trust policy for a service."""
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return {"Version": "2012-10-17", "Statement": [statement]}


def pod_trust(namespace: str, account: str) -> dict[str, Any]:
    """Trust in EKS Pod Identity for one service account."""
    tags = {
        "aws:RequestTag/kubernetes-namespace": namespace,
        "aws:RequestTag/kubernetes-service-account": account,
    }
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "pods.eks.amazonaws.com"},
        "Action": ["sts:AssumeRole", "sts:TagSession"],
        "Condition": {"StringEquals": tags},
    }
    return {"Version": "2012-10-17", "Statement": [statement]}
