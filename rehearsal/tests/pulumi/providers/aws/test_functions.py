from __future__ import annotations

import json
from typing import Any

import pytest
import requests

from rehearsal.kubernetes import presigned
from rehearsal.pulumi.providers.aws.functions import functions
from rehearsal.pulumi.providers.server import ProviderError
from tests.patience import PATIENCE
from tests.pulumi.providers.aws.stack import Stack


def invoke(stack: Stack, token: str, **args: Any) -> dict[str, Any]:
    module, name = token.split(".")
    result, failures = stack.provider.invoke(stack.instance, f"aws:{module}/{name}:{name}", args)
    assert not failures, failures
    return result


def test_the_region_the_partition_and_the_caller_are_told(stack: Stack) -> None:
    region = invoke(stack, "index.getRegion")
    assert region["region"] == region["id"] == "us-west-2"
    assert region["description"] == "US West (Oregon)"
    assert invoke(stack, "index.getPartition")["dnsSuffix"] == "amazonaws.com"
    assert invoke(stack, "index.getCallerIdentity")["accountId"] == "123456789012"


def test_zones_come_in_order_without_those_excluded(stack: Stack) -> None:
    zones = invoke(stack, "index.getAvailabilityZones", state="available")
    assert zones["names"][:2] == ["us-west-2a", "us-west-2b"]
    assert len(zones["names"]) == len(zones["zoneIds"])
    fewer = invoke(stack, "index.getAvailabilityZones", excludeNames=["us-west-2a"])
    assert "us-west-2a" not in fewer["names"]
    elsewhere = invoke(stack, "index.getAvailabilityZones", region="eu-west-1")
    assert elsewhere["names"][0] == "eu-west-1a"


def test_instance_types_are_known_and_where_they_are_on_offer(stack: Stack) -> None:
    chosen = [{"name": "instance-type", "values": ["g5.xlarge"]}]
    offered = invoke(
        stack,
        "ec2.getInstanceTypeOfferings",
        filters=chosen,
        locationType="availability-zone",
    )
    assert set(offered["instanceTypes"]) == {"g5.xlarge"}
    assert all(zone.startswith("us-west-2") for zone in offered["locations"])
    gpu = invoke(stack, "ec2.getInstanceType", instanceType="g5.xlarge")
    assert (gpu["defaultVcpus"], gpu["memorySize"], gpu["gpuses"][0]["count"]) == (4, 16384, 1)
    assert invoke(stack, "ec2.getInstanceTypes", filters=chosen)["instanceTypes"] == ["g5.xlarge"]


def test_an_instance_type_that_does_not_exist_is_refused_by_aws(stack: Stack) -> None:
    with pytest.raises(ProviderError, match="api error InvalidInstanceType"):
        invoke(stack, "ec2.getInstanceType", instanceType="t9.huge")


def test_networks_are_found_by_tag_and_one_is_one(stack: Stack) -> None:
    vpc = stack.create("aws:ec2/vpc:Vpc", "v", cidrBlock="10.3.0.0/16", tags={"Name": "found"})
    for index in (1, 2):
        stack.create(
            "aws:ec2/subnet:Subnet", f"s{index}", vpcId=vpc.id, cidrBlock=f"10.3.{index}.0/24"
        )
    found = invoke(stack, "ec2.getVpc", tags={"Name": "found"})
    assert found["id"] == vpc.id
    assert found["mainRouteTableId"] == vpc["mainRouteTableId"]
    of_vpc = [{"name": "vpc-id", "values": [vpc.id]}]
    assert len(invoke(stack, "ec2.getSubnets", filters=of_vpc)["ids"]) == 2
    assert invoke(stack, "ec2.getSubnet", vpcId=vpc.id, cidrBlock="10.3.2.0/24")["vpcId"] == vpc.id
    with pytest.raises(ProviderError, match="multiple EC2 Subnet matched"):
        invoke(stack, "ec2.getSubnet", vpcId=vpc.id)


def test_a_policy_document_is_written_as_iam_writes_it(stack: Stack) -> None:
    document = invoke(
        stack,
        "iam.getPolicyDocument",
        statements=[
            {
                "sid": "Trust",
                "actions": ["sts:TagSession", "sts:AssumeRole"],
                "principals": [{"type": "Service", "identifiers": ["pods.eks.amazonaws.com"]}],
                "conditions": [
                    {"test": "StringEquals", "variable": "aws:SourceAccount", "values": ["1"]}
                ],
            }
        ],
    )
    (statement,) = json.loads(document["json"])["Statement"]
    assert statement == {
        "Sid": "Trust",
        "Effect": "Allow",
        "Principal": {"Service": "pods.eks.amazonaws.com"},
        "Action": ["sts:AssumeRole", "sts:TagSession"],
        "Condition": {"StringEquals": {"aws:SourceAccount": "1"}},
    }
    override = json.dumps({"Statement": statement | {"Effect": "Deny"}})
    denied = invoke(
        stack,
        "iam.getPolicyDocument",
        sourcePolicyDocuments=[document["json"]],
        overridePolicyDocuments=[override],
    )
    assert [one["Effect"] for one in json.loads(denied["json"])["Statement"]] == ["Deny"]


def test_a_token_for_a_cluster_is_one_that_its_api_server_takes(stack: Stack, cloud: str) -> None:
    bearer = invoke(stack, "eks.getClusterAuth", name="main")["token"]
    question = presigned.read(bearer, {cloud.removeprefix("http://")})
    statuses = [
        requests.get(
            question, headers={presigned.CLUSTER_HEADER: name}, timeout=PATIENCE
        ).status_code
        for name in ("main", "another")
    ]
    assert statuses == [200, 403], "the name of the cluster is signed"


def test_a_sagemaker_image_is_where_its_region_has_it(stack: Stack) -> None:
    image = invoke(
        stack,
        "sagemaker.getPrebuiltEcrImage",
        repositoryName="sagemaker-xgboost",
        imageTag="1.7-1",
    )
    repository = "246618743249.dkr.ecr.us-west-2.amazonaws.com/sagemaker-xgboost"
    assert image["registryPath"] == f"{repository}:1.7-1"


def test_the_workloads_image_is_there_and_no_other(stack: Stack) -> None:
    image = invoke(stack, "ecr.getImage", repositoryName="ml-sample", imageTag="0123")
    registry = "123456789012.dkr.ecr.us-west-2.amazonaws.com"
    assert image["imageUri"] == f"{registry}/ml-sample@{image['imageDigest']}"
    with pytest.raises(ProviderError, match="RepositoryNotFoundException"):
        invoke(stack, "ecr.getImage", repositoryName="elsewhere", imageTag="0123")


def test_buckets_and_parameters_are_looked_up(stack: Stack, aws: Any) -> None:
    where = {"LocationConstraint": "us-west-2"}
    aws("s3").create_bucket(Bucket="looked-up", CreateBucketConfiguration=where)
    bucket = invoke(stack, "s3.getBucket", bucket="looked-up")
    assert bucket["bucketRegion"] == "us-west-2"
    assert bucket["arn"] == "arn:aws:s3:::looked-up"
    aws("s3").delete_bucket(Bucket="looked-up")
    aws("ssm").put_parameter(Name="/a/b", Value="c", Type="String")
    assert invoke(stack, "ssm.getParameter", name="/a/b")["value"] == "c"


def test_an_unknown_function_and_an_argument_not_honoured_are_refused(stack: Stack) -> None:
    with pytest.raises(ProviderError, match="not emulated"):
        invoke(stack, "rds.getInstance")
    token = "aws:eks/getCluster:getCluster"
    _, failures = stack.provider.invoke(stack.instance, token, {"tags": {"a": "b"}})
    assert [failure.property for failure in failures] == ["tags", "name"]


def test_every_function_of_the_contract_is_there() -> None:
    names = {token.rsplit(":", maxsplit=1)[-1] for token in functions()}
    assert names >= {"getRegion", "getAddonVersion", "getCluster", "getRole", "getBucket"}


def test_the_kubernetes_versions_of_eks_and_the_clusters_are_told(stack: Stack) -> None:
    versions = invoke(stack, "eks.getClusterVersions")["clusterVersions"]
    newest = versions[0]
    assert (newest["clusterVersion"], newest["versionStatus"]) == ("1.36", "STANDARD_SUPPORT")
    assert newest["endOfStandardSupportDate"] == "2027-08-02T00:00:00Z"
    assert invoke(stack, "eks.getClusters")["names"] == []


def test_the_newest_and_the_default_version_of_an_add_on_differ(stack: Stack) -> None:
    asked = {"addonName": "kube-proxy", "kubernetesVersion": "1.36"}
    default = invoke(stack, "eks.getAddonVersion", **asked)["version"]
    newest = invoke(stack, "eks.getAddonVersion", **asked, mostRecent=True)["version"]
    assert (default, newest) == ("v1.36.0-eksbuild.2", "v1.36.1-eksbuild.2")


def test_objects_are_listed_and_told_of_without_their_bodies(stack: Stack, aws: Any) -> None:
    s3 = aws("s3")
    s3.create_bucket(Bucket="models", CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
    for number in range(3):
        s3.put_object(Bucket="models", Key=f"m/{number}", Body=b"x" * number)
    s3.put_object(Bucket="models", Key="other", Body=b"")
    listed = invoke(stack, "s3.getObjects", bucket="models", prefix="m/", maxKeys=2)
    assert listed["keys"] == ["m/0", "m/1"], "as many as are asked for"
    every = invoke(stack, "s3.getObjects", bucket="models", prefix="m/", maxKeys=100_000)
    assert every["keys"] == ["m/0", "m/1", "m/2"]
    told = invoke(stack, "s3.getObject", bucket="models", key="m/2", downloadBody="false")
    assert told["contentLength"] == 2
    assert told["etag"] == s3.head_object(Bucket="models", Key="m/2")["ETag"].strip('"')
    assert "body" not in told


def test_log_groups_are_found_by_how_their_names_begin(stack: Stack) -> None:
    for name in ("/aws/eks/main/cluster", "/aws/eks/main/cluster-2", "/other"):
        stack.create("aws:cloudwatch/logGroup:LogGroup", name[1:], name=name)
    found = invoke(stack, "cloudwatch.getLogGroups", logGroupNamePrefix="/aws/eks/main/cluster")
    assert found["logGroupNames"] == ["/aws/eks/main/cluster", "/aws/eks/main/cluster-2"]
    assert found["arns"][0].endswith(":log-group:/aws/eks/main/cluster")
    assert len(invoke(stack, "cloudwatch.getLogGroups")["logGroupNames"]) == 3
