"""Resources that a killed update made: taken over with a warning, or made again as on AWS."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rehearsal.aws import interfaces
from rehearsal.pulumi.providers import taking_over
from rehearsal.pulumi.providers.aws.provider import AwsProvider
from rehearsal.pulumi.providers.aws.registry import resources
from rehearsal.pulumi.providers.server import Partial, ProviderError
from tests.pulumi.providers.aws.stack import Kept, Stack

VPC, GROUP = "aws:ec2/vpc:Vpc", "aws:ec2/securityGroup:SecurityGroup"
LUSTRE = "aws:fsx/lustreFileSystem:LustreFileSystem"
CIDR = "10.7.0.0/16"
LUSTRE_PORTS = {"ipProtocol": "tcp", "fromPort": 988, "toPort": 1023}
READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess"


class Warned(Stack):
    """A stack that remembers its provider's warnings."""

    @classmethod
    def of(cls, provider: AwsProvider) -> Warned:
        stack = cls(provider)
        stack.said = []
        provider.log = lambda _i, _u, _severity, said, _fleeting: (
            stack.said.append(said) if "taken over" in said else None
        )
        provider.configure(stack.instance, {"region": "us-west-2"})
        return stack

    said: list[str]


def trust(service: str) -> str:
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": f"{service}.amazonaws.com"},
        "Action": ["sts:AssumeRole", "sts:TagSession"],
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def allow(action: str, **more: Any) -> str:
    statement = {"Effect": "Allow", "Action": action, "Resource": "*", **more}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@pytest.mark.difference(
    of="Pulumi",
    what="A resource of AWS that a killed update made is taken over by the next update.",
    direction="kinder",
    why=("An update that was killed can be continued, until the program recovers on AWS too."),
    told=(
        "A warning on the resource, with what AWS would have done; "
        "REHEARSAL_TAKE_OVER=no switches taking over off."
    ),
)
def test_a_vpc_that_a_killed_update_made_is_taken_over_with_a_warning(shared: Stack) -> None:
    stack = Warned.of(AwsProvider())
    first = stack.create(VPC, "main", cidrBlock=CIDR)
    again = stack.create(VPC, "main", cidrBlock=CIDR)
    assert again.id == first.id
    (said,) = stack.said
    assert "AWS would have made another EC2 VPC beside it" in said
    assert f"{taking_over.VARIABLE}=no" in said
    stack.delete(again)


def forbidden(bucket: str) -> str:
    return allow("s3:ListBucket", Effect="Deny", Principal="*", Resource=bucket)


def test_a_vpc_that_is_new_or_replaced_brings_no_warning(shared: Stack) -> None:
    stack = Warned.of(AwsProvider())
    first = stack.create(VPC, "main", cidrBlock=CIDR)
    stack.diff(first, cidrBlock=CIDR)
    stack.create(VPC, "main", cidrBlock=CIDR)
    stack.destroy()
    assert stack.said == []


def test_a_creation_that_aws_refused_is_no_killed_one(shared: Stack) -> None:
    stack = Warned.of(AwsProvider())
    vpc = stack.create(VPC, "main", cidrBlock=CIDR)
    for _ in range(2):
        with pytest.raises(ProviderError, match="InvalidSubnet"):
            stack.create("aws:ec2/subnet:Subnet", "a", vpcId=vpc.id, cidrBlock="10.9.0.0/24")
    stack.destroy()
    assert stack.said == []


def test_what_was_made_is_taken_over_after_the_server_was_killed_too(
    shared: Stack, tmp_path: Path
) -> None:
    record = tmp_path / "creations"
    first = Warned.of(AwsProvider(record)).create(VPC, "main", cidrBlock=CIDR)
    stack = Warned.of(AwsProvider(record))
    assert stack.create(VPC, "main", cidrBlock=CIDR).id == first.id
    assert len(stack.said) == 1
    assert record.stat().st_mode & 0o077 == 0, "inputs may be secrets"
    stack.destroy()


def test_a_creation_whose_answer_the_killed_server_did_not_get_is_told_of(
    shared: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """EFS takes a token, so it is not made twice; whether it was made nobody knows."""
    record = tmp_path / "creations"
    killed = Warned.of(AwsProvider(record))
    monkeypatch.setattr(killed.provider._creations, "made", lambda *_: None)
    first = killed.create("aws:efs/fileSystem:FileSystem", "shared")
    stack = Warned.of(AwsProvider(record))
    assert stack.create("aws:efs/fileSystem:FileSystem", "shared").id == first.id
    (said,) = stack.said
    assert said.startswith("an update was killed while it made this")
    stack.destroy()


def test_the_variable_has_no_other_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(taking_over.VARIABLE, "off")
    with pytest.raises(ValueError, match="REHEARSAL_TAKE_OVER must be yes or no, not 'off'"):
        AwsProvider()


Made = dict[str, Kept]


Makings = Iterator[tuple[str, Any]]


def makings() -> Makings:
    """Every type with a function of what was made before it; the names are the program's."""
    yield from of_the_network()
    yield from of_identity()
    yield from of_buckets()
    yield from of_file_systems()
    yield from of_s3_files()
    yield from of_clusters()


def of_the_network() -> Makings:
    yield VPC, lambda _: {"cidrBlock": CIDR, "enableDnsHostnames": True}
    yield "aws:ec2/internetGateway:InternetGateway", lambda m: {"vpcId": m["Vpc"].id}
    yield (
        "aws:ec2/subnet:Subnet",
        lambda m: {
            "vpcId": m["Vpc"].id,
            "cidrBlock": "10.7.0.0/24",
            "availabilityZone": "us-west-2a",
        },
    )
    yield "aws:ec2/eip:Eip", lambda _: {"domain": "vpc"}
    yield (
        "aws:ec2/natGateway:NatGateway",
        lambda m: {"subnetId": m["Subnet"].id, "allocationId": m["Eip"].id},
    )
    yield "aws:ec2/routeTable:RouteTable", lambda m: {"vpcId": m["Vpc"].id}
    yield (
        "aws:ec2/route:Route",
        lambda m: {
            "routeTableId": m["RouteTable"].id,
            "destinationCidrBlock": "0.0.0.0/0",
            "gatewayId": m["InternetGateway"].id,
        },
    )
    yield (
        "aws:ec2/routeTableAssociation:RouteTableAssociation",
        lambda m: {"routeTableId": m["RouteTable"].id, "subnetId": m["Subnet"].id},
    )
    yield (
        "aws:ec2/vpcEndpoint:VpcEndpoint",
        lambda m: {
            "vpcId": m["Vpc"].id,
            "serviceName": "com.amazonaws.us-west-2.s3",
            "routeTableIds": [m["RouteTable"].id],
        },
    )
    yield GROUP, lambda m: {"vpcId": m["Vpc"].id, "name": "files"}
    yield "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup", lambda m: {"vpcId": m["Vpc"].id}
    for direction in ("Ingress", "Egress"):
        yield (
            f"aws:vpc/securityGroup{direction}Rule:SecurityGroup{direction}Rule",
            lambda m: {
                "securityGroupId": m["SecurityGroup"].id,
                "referencedSecurityGroupId": m["SecurityGroup"].id,
                **LUSTRE_PORTS,
            },
        )
    yield (
        "aws:ec2/securityGroupRule:SecurityGroupRule",
        lambda m: {
            "type": "ingress",
            "securityGroupId": m["SecurityGroup"].id,
            "protocol": "tcp",
            "fromPort": 2049,
            "toPort": 2049,
            "self": True,
        },
    )


def of_identity() -> Makings:
    yield "aws:iam/role:Role", lambda _: {"assumeRolePolicy": trust("eks"), "name": "control"}
    yield (
        "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
        lambda m: {"role": m["Role"].id, "policyArn": READ_ONLY},
    )
    yield (
        "aws:iam/rolePolicy:RolePolicy",
        lambda m: {"role": m["Role"].id, "name": "own", "policy": allow("s3:*")},
    )
    yield "aws:iam/policy:Policy", lambda _: {"name": "own", "policy": allow("s3:*")}
    yield "aws:kms/key:Key", lambda _: {}
    yield (
        "aws:kms/alias:Alias",
        lambda m: {"name": "alias/own", "targetKeyId": m["Key"].id},
    )
    yield (
        "aws:kms/grant:Grant",
        lambda m: {
            "keyId": m["Key"].id,
            "granteePrincipal": m["Role"]["arn"],
            "operations": ["Decrypt"],
        },
    )
    yield "aws:cloudwatch/logGroup:LogGroup", lambda _: {"name": "/own"}
    yield "aws:ec2/launchTemplate:LaunchTemplate", lambda _: {"name": "own"}
    yield "aws:sqs/queue:Queue", lambda _: {"name": "own"}
    yield (
        "aws:sqs/queuePolicy:QueuePolicy",
        lambda m: {"queueUrl": m["Queue"].id, "policy": allow("sqs:*", Principal="*")},
    )


def of_buckets() -> Makings:
    yield "aws:s3/bucket:Bucket", lambda _: {"bucket": "own-bucket-of-ours"}
    yield (
        "aws:s3/bucketVersioning:BucketVersioning",
        lambda m: {"bucket": m["Bucket"].id, "versioningConfiguration": {"status": "Enabled"}},
    )
    yield (
        "aws:s3/bucketOwnershipControls:BucketOwnershipControls",
        lambda m: {"bucket": m["Bucket"].id, "rule": {"objectOwnership": "BucketOwnerEnforced"}},
    )
    yield (
        "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
        lambda m: {"bucket": m["Bucket"].id, "blockPublicAcls": True},
    )
    rule = {"applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256"}}
    yield (
        "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
        lambda m: {"bucket": m["Bucket"].id, "rules": [rule]},
    )
    yield (
        "aws:s3/bucketPolicy:BucketPolicy",
        lambda m: {"bucket": m["Bucket"].id, "policy": forbidden(m["Bucket"]["arn"])},
    )
    expires = {"id": "a", "status": "Enabled", "filter": {}, "expiration": {"days": 1}}
    yield (
        "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
        lambda m: {"bucket": m["Bucket"].id, "rules": [expires]},
    )
    yield (
        "aws:s3/bucketNotification:BucketNotification",
        lambda m: {
            "bucket": m["Bucket"].id,
            "queues": [
                {"id": "new", "queueArn": m["Queue"]["arn"], "events": ["s3:ObjectCreated:*"]}
            ],
        },
    )
    yield (
        "aws:s3/bucketObjectv2:BucketObjectv2",
        lambda m: {"bucket": m["Bucket"].id, "key": "a", "content": "x"},
    )


def of_file_systems() -> Makings:
    yield "aws:efs/fileSystem:FileSystem", lambda _: {}
    yield (
        "aws:efs/mountTarget:MountTarget",
        lambda m: {"fileSystemId": m["FileSystem"].id, "subnetId": m["Subnet"].id},
    )
    yield "aws:efs/accessPoint:AccessPoint", lambda m: {"fileSystemId": m["FileSystem"].id}
    yield (
        "aws:efs/backupPolicy:BackupPolicy",
        lambda m: {"fileSystemId": m["FileSystem"].id, "backupPolicy": {"status": "ENABLED"}},
    )
    yield (
        "aws:efs/fileSystemPolicy:FileSystemPolicy",
        lambda m: {
            "fileSystemId": m["FileSystem"].id,
            "policy": allow("elasticfilesystem:ClientMount", Principal="*"),
        },
    )
    yield (
        "aws:efs/replicationConfiguration:ReplicationConfiguration",
        lambda m: {
            "sourceFileSystemId": m["FileSystem"].id,
            "destination": {"region": "us-east-2"},
        },
    )
    yield (
        LUSTRE,
        lambda m: {
            "subnetIds": m["Subnet"].id,
            "securityGroupIds": [m["SecurityGroup"].id],
            "deploymentType": "PERSISTENT_2",
            "storageCapacity": 1200,
            "perUnitStorageThroughput": 125,
        },
    )
    yield (
        "aws:fsx/dataRepositoryAssociation:DataRepositoryAssociation",
        lambda m: {
            "fileSystemId": m["LustreFileSystem"].id,
            "fileSystemPath": "/data",
            "dataRepositoryPath": f"s3://{m['Bucket'].id}/data",
        },
    )


def of_s3_files() -> Makings:
    yield (
        "aws:s3/filesFileSystem:FilesFileSystem",
        lambda m: {"bucket": m["versioned"], "roleArn": m["files"]},
    )
    yield (
        "aws:s3/filesMountTarget:FilesMountTarget",
        lambda m: {"fileSystemId": m["FilesFileSystem"].id, "subnetId": m["Subnet"].id},
    )
    yield (
        "aws:s3/filesAccessPoint:FilesAccessPoint",
        lambda m: {"fileSystemId": m["FilesFileSystem"].id},
    )
    yield (
        "aws:s3/filesFileSystemPolicy:FilesFileSystemPolicy",
        lambda m: {
            "fileSystemId": m["FilesFileSystem"].id,
            "policy": allow("s3files:ClientMount", Principal="*"),
        },
    )
    rule = {"prefix": "", "trigger": "ON_FILE_ACCESS", "sizeLessThan": 0}
    yield (
        "aws:s3/filesSynchronizationConfiguration:FilesSynchronizationConfiguration",
        lambda m: {
            "fileSystemId": m["FilesFileSystem"].id,
            "importDataRules": [rule],
            "expirationDataRules": [{"daysAfterLastAccess": 7}],
        },
    )


def of_clusters() -> Makings:
    control = {"accessConfig": {"authenticationMode": "API"}, "name": "main"}
    scaling = {"minSize": 1, "desiredSize": 1, "maxSize": 1}
    yield (
        "aws:eks/cluster:Cluster",
        lambda m: {
            "roleArn": m["Role"]["arn"],
            "vpcConfig": {"subnetIds": [m["Subnet"].id, m["other"]]},
            **control,
        },
    )
    yield (
        "aws:eks/nodeGroup:NodeGroup",
        lambda m: {
            "clusterName": "main",
            "nodeRoleArn": m["nodes"],
            "subnetIds": [m["Subnet"].id],
            "nodeGroupName": "cpu",
            "scalingConfig": scaling,
        },
    )
    yield (
        "aws:eks/addon:Addon",
        lambda _: {"clusterName": "main", "addonName": "eks-pod-identity-agent"},
    )
    yield (
        "aws:eks/accessEntry:AccessEntry",
        lambda m: {"clusterName": "main", "principalArn": m["Role"]["arn"]},
    )
    yield (
        "aws:eks/accessPolicyAssociation:AccessPolicyAssociation",
        lambda m: {
            "clusterName": "main",
            "principalArn": m["Role"]["arn"],
            "policyArn": "arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy",
            "accessScope": {"type": "cluster"},
        },
    )
    yield (
        "aws:eks/podIdentityAssociation:PodIdentityAssociation",
        lambda m: {
            "clusterName": "main",
            "namespace": "default",
            "serviceAccount": "app",
            "roleArn": m["pods"],
        },
    )


def outcome(stack: Stack, type_: str, inputs: dict[str, Any], first: Kept) -> str:
    """Create a resource again that the engine does not know of, and tell the result."""
    try:
        second = stack.create(type_, type_.rpartition(":")[2], **inputs)
    except ProviderError as error:
        return str(error)
    except Partial as error:  # an internet gateway that AWS attaches to no VPC
        stack.delete(Kept(first.urn, type_, error.id, first.inputs, error.outputs))
        return str(error)
    if second.id == first.id:
        stack.kept.remove(second)
        return "same"
    stack.delete(second)
    return "another"


def test_every_type_that_is_emulated_is_tried() -> None:
    assert {type_ for type_, _ in makings()} == resources().keys()


def test_switched_off_a_second_creation_ends_as_the_warning_says(
    shared: Stack, aws: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(taking_over.VARIABLE, "no")
    monkeypatch.setattr(interfaces, "LINGER_SECONDS", 0)
    stack = Warned.of(AwsProvider())
    stack.provider._clients = shared.provider._clients
    made: Any = {}
    differences = {}
    for type_, inputs_of in makings():
        name = type_.rpartition(":")[2]
        inputs = inputs_of(made)
        made[name] = stack.create(type_, name, **inputs)
        found = outcome(stack, type_, inputs, made[name])
        repeated = resources()[type_].repetition(made[name].inputs)
        if repeated not in found:
            differences[name] = (repeated, found)
        if name == "Subnet":
            made |= _beside(stack, aws, made["Vpc"].id)
    assert differences == {}
    assert stack.said == []
    stack.destroy()


def _beside(stack: Stack, aws: Any, vpc: str) -> dict[str, str]:
    """Another subnet, in another zone, a versioned bucket, and the roles of services."""
    subnet = stack.create(
        "aws:ec2/subnet:Subnet",
        "other",
        vpcId=vpc,
        cidrBlock="10.7.1.0/24",
        availabilityZone="us-west-2b",
    )
    roles = {
        name: str(
            aws("iam").create_role(
                RoleName=f"again-{name}", AssumeRolePolicyDocument=trust(service)
            )["Role"]["Arn"]
        )
        for name, service in (
            ("nodes", "ec2"),
            ("pods", "pods.eks"),
            ("files", "elasticfilesystem"),
        )
    }
    for policy in (
        "AmazonEKSWorkerNodePolicy",
        "AmazonEKS_CNI_Policy",
        "AmazonEC2ContainerRegistryReadOnly",
    ):
        aws("iam").attach_role_policy(
            RoleName="again-nodes", PolicyArn=f"arn:aws:iam::aws:policy/{policy}"
        )
    aws("iam").put_role_policy(RoleName="again-files", PolicyName="all", PolicyDocument=allow("*"))
    where = {"LocationConstraint": "us-west-2"}
    aws("s3").create_bucket(Bucket="again-files", CreateBucketConfiguration=where)
    aws("s3").put_bucket_versioning(
        Bucket="again-files", VersioningConfiguration={"Status": "Enabled"}
    )
    return {"other": subnet.id, "versioned": "arn:aws:s3:::again-files", **roles}
