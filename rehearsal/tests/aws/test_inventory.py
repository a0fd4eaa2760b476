"""The inventory: everything that exists, and nothing of what AWS brings."""

from __future__ import annotations

import requests

from tests.patience import PATIENCE


def inventory(cloud):
    url = f"{cloud.url}/rehearsal/inventory"
    return requests.get(url, headers=cloud.credentials.admin_headers, timeout=PATIENCE).json()


def look_at_every_service(aws) -> None:
    """Asks each service something, which makes its backend and what a new account has."""
    aws.ec2.describe_vpcs()
    aws.eks.list_clusters()
    aws.fsx.describe_file_systems()
    aws.efs.describe_file_systems()
    aws.s3.list_buckets()
    aws.iam.list_policies(Scope="AWS", MaxItems=1)
    aws.kms.list_keys()
    aws.logs.describe_log_groups()
    aws.sagemaker.list_training_jobs()
    aws.sts.get_caller_identity()


def test_a_new_account_has_nothing(aws, cloud):
    look_at_every_service(aws)
    assert inventory(cloud) == {}


def test_what_exists_is_listed_by_service_region_and_kind(aws, cloud):
    cluster = aws.cluster()
    aws.eks.create_addon(clusterName="main", addonName="coredns")
    bucket = aws.bucket("data")
    found = inventory(cloud)
    assert found["s3"] == {"aws": {"buckets": [bucket]}}
    assert found["eks"]["us-west-2"]["clusters"] == ["main"]
    assert found["eks"]["us-west-2"]["add-ons"] == ["main/coredns"]
    assert found["ec2"]["us-west-2"]["vpcs"] == [cluster["resourcesVpcConfig"]["vpcId"]]
    assert len(found["ec2"]["us-west-2"]["network interfaces"]) == 2
    assert found["iam"] == {"aws": {"roles": ["cluster"]}}


def test_what_is_deleted_is_not_listed(aws, cloud):
    vpc = aws.vpc()
    subnet, group = aws.subnet(vpc), aws.group(vpc)
    key = aws.kms.create_key()["KeyMetadata"]["KeyId"]
    file_system = aws.efs_file_system()
    aws.logs.create_log_group(logGroupName="group")
    assert set(inventory(cloud)) == {"ec2", "efs", "kms", "logs"}
    aws.ec2.delete_subnet(SubnetId=subnet)
    aws.ec2.delete_security_group(GroupId=group)
    aws.ec2.delete_vpc(VpcId=vpc)
    aws.kms.schedule_key_deletion(KeyId=key)
    aws.efs.delete_file_system(FileSystemId=file_system)
    aws.logs.delete_log_group(logGroupName="group")
    assert inventory(cloud) == {}


def test_the_log_group_that_eks_keeps_after_its_cluster_is_not_listed(aws, cloud):
    audit = {"clusterLogging": [{"types": ["audit"], "enabled": True}]}
    aws.cluster(logging=audit)
    groups = {"us-west-2": {"log groups": ["/aws/eks/main/cluster"]}}
    assert inventory(cloud)["logs"] == groups
    aws.eks.delete_cluster(name="main")
    assert "logs" not in inventory(cloud)
    aws.logs.delete_log_group(logGroupName="/aws/eks/main/cluster")
    assert inventory(cloud)["logs"] == groups, "whoever deletes it too early has it for good"


def test_the_tagging_api_finds_what_has_tags(aws, clients):
    aws.role("nodes", "ec2.amazonaws.com")
    cluster = aws.cluster(tags={"stack": "dev"})
    tags = [{"Key": "stack", "Value": "dev"}]
    vpc = cluster["resourcesVpcConfig"]["vpcId"]
    lustre = aws.fsx.create_file_system(
        FileSystemType="LUSTRE",
        StorageCapacity=1200,
        SubnetIds=cluster["resourcesVpcConfig"]["subnetIds"][:1],
        SecurityGroupIds=[aws.lustre_group(vpc)],
        LustreConfiguration={"DeploymentType": "SCRATCH_2"},
        Tags=tags,
    )["FileSystem"]
    aws.efs_file_system(Tags=tags)
    found = clients("resourcegroupstaggingapi").get_resources(
        TagFilters=[{"Key": "stack", "Values": ["dev"]}]
    )["ResourceTagMappingList"]
    arns = {one["ResourceARN"] for one in found}
    assert {cluster["arn"], lustre["ResourceARN"]} <= arns
    assert len(arns) == 3


def test_a_service_without_a_lister_of_its_own_is_listed_too(cloud, clients):
    clients("sns").create_topic(Name="topic")
    arn = "arn:aws:sns:us-west-2:123456789012:topic"
    assert inventory(cloud) == {"sns": {"us-west-2": {"topics": [arn]}}}
