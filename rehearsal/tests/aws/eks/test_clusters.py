from __future__ import annotations

import base64

import pytest

from rehearsal.aws.eks import control_plane
from rehearsal.paths import Environment
from tests.aws.eks.network import interfaces

ADMIN = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy"
CALLER = "arn:aws:iam::123456789012:user/rehearsal"


def test_a_cluster_stands_in_its_vpc_with_a_group_and_interfaces_of_its_own(aws, cluster):
    vpc = cluster["resourcesVpcConfig"]
    group = aws.ec2.describe_security_groups(GroupIds=[vpc["clusterSecurityGroupId"]])
    assert group["SecurityGroups"][0]["VpcId"] == vpc["vpcId"]
    assert {one["SubnetId"] for one in interfaces(aws)} == set(vpc["subnetIds"])
    assert {one["Description"] for one in interfaces(aws)} == {"Amazon EKS main"}


def test_a_cluster_answers_with_the_kubernetes_api_of_its_environment(
    aws, cluster, tmp_path, monkeypatch
):
    monkeypatch.setenv("REHEARSAL_HOME", str(tmp_path))
    environment = Environment.of("dev")
    environment.certificate_authority.parent.mkdir(parents=True)
    environment.certificate_authority.write_text("the certificate")
    control_plane.serve_for(environment)
    try:
        served = aws.eks.describe_cluster(name="main")["cluster"]
    finally:
        control_plane.serve_for(None)
    assert served["endpoint"] == environment.api_server_url
    authority = base64.b64decode(served["certificateAuthority"]["data"])
    assert authority == b"the certificate"


def test_whoever_creates_a_cluster_administers_it(aws, cluster):
    policies = aws.eks.list_associated_access_policies(clusterName="main", principalArn=CALLER)
    assert [one["policyArn"] for one in policies["associatedAccessPolicies"]] == [ADMIN]


@pytest.mark.parametrize(
    ("settings", "naming"),
    [
        ({"version": "1.19"}, "1.19"),
        ({"roleArn": "arn:aws:iam::123456789012:role/missing"}, "missing"),
        (
            {"encryptionConfig": [{"resources": ["secrets"], "provider": {"keyArn": "key/none"}}]},
            "key/none",
        ),
        ({"name": "no spaces"}, "no spaces"),
    ],
)
def test_a_cluster_that_aws_refuses_leaves_nothing(aws, refused, settings, naming):
    subnets = aws.subnets(aws.vpc())
    request = {"subnets": subnets, **settings}
    refused("InvalidParameterException", aws.cluster, naming, **request)
    assert interfaces(aws) == []
    assert aws.eks.list_clusters()["clusters"] == []


def test_a_cluster_in_one_zone_is_refused(aws, refused):
    vpc = aws.vpc()
    one_zone = [aws.subnet(vpc, 0), aws.subnet(vpc, 1)]
    refused("InvalidParameterException", aws.cluster, "two different AZs", subnets=one_zone)


def test_a_role_that_does_not_trust_eks_is_refused(aws, refused):
    role = aws.role("other", "ec2.amazonaws.com")
    refused("InvalidParameterException", aws.cluster, "other", roleArn=role)


def test_a_second_cluster_is_refused(aws, cluster, refused):
    subnets, role = cluster["resourcesVpcConfig"]["subnetIds"], cluster["roleArn"]
    other = {"subnets": subnets, "roleArn": role}
    refused("ResourceInUseException", aws.cluster, "main", **other)
    refused("ResourceLimitExceededException", aws.cluster, "main", name="second", **other)


def test_a_token_used_again_gives_the_same_cluster(aws):
    subnets, role = aws.subnets(aws.vpc()), aws.role("cluster", "eks.amazonaws.com")
    request = {
        "name": "main",
        "roleArn": role,
        "resourcesVpcConfig": {"subnetIds": subnets},
        "clientRequestToken": "once",
    }
    first = aws.eks.create_cluster(**request)["cluster"]
    assert aws.eks.create_cluster(**request)["cluster"]["arn"] == first["arn"]
    with pytest.raises(aws.eks.exceptions.InvalidParameterException):
        aws.eks.create_cluster(**request, tags={"other": "yes"})


def test_a_control_plane_stays_in_the_zones_it_was_created_in(aws, cluster, refused):
    vpc = cluster["resourcesVpcConfig"]
    third = aws.subnet(vpc["vpcId"], 2, "c")
    for subnets in ([*vpc["subnetIds"], third], [vpc["subnetIds"][0], third]):
        refused(
            "InvalidParameterException",
            aws.eks.update_cluster_config,
            "exact set of AZs",
            name="main",
            resourcesVpcConfig={"subnetIds": subnets},
        )


def test_a_change_of_endpoints_keeps_the_subnets(aws, cluster):
    update = aws.eks.update_cluster_config(
        name="main",
        resourcesVpcConfig={
            "endpointPrivateAccess": True,
            "publicAccessCidrs": ["52.94.76.0/22"],
        },
    )["update"]
    assert update["status"] == "InProgress"
    assert (
        aws.eks.describe_update(name="main", updateId=update["id"])["update"]["status"]
        == "Successful"
    )
    vpc = aws.eks.describe_cluster(name="main")["cluster"]["resourcesVpcConfig"]
    assert vpc["endpointPrivateAccess"] is True
    assert vpc["publicAccessCidrs"] == ["52.94.76.0/22"]
    assert vpc["subnetIds"] == cluster["resourcesVpcConfig"]["subnetIds"]


@pytest.mark.parametrize(
    "change",
    [
        {"resourcesVpcConfig": {"endpointPublicAccess": False}},
        {"resourcesVpcConfig": {"publicAccessCidrs": ["10.0.0.0/8"]}},
        {"resourcesVpcConfig": {"publicAccessCidrs": ["not a network"]}},
        {"resourcesVpcConfig": {"endpointPublicAccess": True}},
        {"accessConfig": {"authenticationMode": "CONFIG_MAP"}},
        {"deletionProtection": True, "upgradePolicy": {"supportType": "STANDARD"}},
    ],
)
def test_a_change_that_aws_refuses_changes_nothing(aws, cluster, refused, change):
    refused("InvalidParameterException", aws.eks.update_cluster_config, name="main", **change)
    assert aws.eks.describe_cluster(name="main")["cluster"] == cluster


def test_logging_of_one_type_leaves_the_others(aws, cluster):
    for type_ in ("api", "audit"):
        aws.eks.update_cluster_config(
            name="main", logging={"clusterLogging": [{"types": [type_], "enabled": True}]}
        )
    logging = aws.eks.describe_cluster(name="main")["cluster"]["logging"]["clusterLogging"]
    assert {"types": ["api", "audit"], "enabled": True} in logging


def test_a_cluster_that_logs_makes_its_log_group_unless_it_is_there(aws):
    own = {"logGroupName": "/aws/eks/main/cluster"}
    aws.logs.create_log_group(**own)
    aws.logs.put_retention_policy(**own, retentionInDays=90)
    aws.cluster(logging={"clusterLogging": [{"types": ["api"], "enabled": True}]})
    assert aws.logs.describe_log_groups()["logGroups"][0]["retentionInDays"] == 90
    aws.logs.delete_log_group(**own)
    aws.eks.update_cluster_config(
        name="main", logging={"clusterLogging": [{"types": ["audit"], "enabled": True}]}
    )
    aws.eks.delete_cluster(name="main")
    left = aws.logs.describe_log_groups()["logGroups"]
    assert [group["logGroupName"] for group in left] == [own["logGroupName"]]


def test_a_version_rises_by_one_minor(aws, cluster, refused):
    update = aws.eks.update_cluster_version
    refused("InvalidParameterException", update, "1.36", name="main", version="1.36")
    refused("InvalidParameterException", update, "already", name="main", version="1.34")
    update(name="main", version="1.35")
    assert aws.eks.describe_cluster(name="main")["cluster"]["version"] == "1.35"


def test_the_log_group_of_a_deleted_cluster_is_made_again_for_what_eks_held_back(aws):
    name = "/aws/eks/main/cluster"
    audit = {"clusterLogging": [{"types": ["audit"], "enabled": True}]}
    aws.logs.create_log_group(logGroupName=name)
    aws.logs.put_retention_policy(logGroupName=name, retentionInDays=30)
    aws.cluster(logging=audit)
    aws.eks.delete_cluster(name="main")
    assert aws.logs.describe_log_groups()["logGroups"][0]["retentionInDays"] == 30
    aws.logs.delete_log_group(logGroupName=name)
    (again,) = aws.logs.describe_log_groups()["logGroups"]
    assert again["logGroupName"] == name
    assert "retentionInDays" not in again, "it is kept for ever"
    with pytest.raises(aws.logs.exceptions.ResourceAlreadyExistsException):
        aws.logs.create_log_group(logGroupName=name)
    aws.logs.delete_log_group(logGroupName=name)
    assert aws.logs.describe_log_groups()["logGroups"] == [], "by now EKS has written all"


def test_the_versions_on_offer_tell_their_support(aws):
    offered = aws.eks.describe_cluster_versions()["clusterVersions"]
    assert {one["clusterVersion"]: one["versionStatus"] for one in offered} == {
        "1.36": "STANDARD_SUPPORT",
        "1.35": "STANDARD_SUPPORT",
        "1.34": "STANDARD_SUPPORT",
        "1.33": "EXTENDED_SUPPORT",
        "1.32": "EXTENDED_SUPPORT",
    }
    assert offered[0]["endOfStandardSupportDate"].date().isoformat() == "2027-08-02"
    every = aws.eks.describe_cluster_versions(includeAll=True)["clusterVersions"]
    assert every[-1]["versionStatus"] == "UNSUPPORTED"


def test_a_version_out_of_support_or_to_come_makes_no_cluster(aws, refused):
    network = {"subnets": aws.subnets(aws.vpc()), "roleArn": aws.role("c", "eks.amazonaws.com")}
    for version in ("1.31", "1.99"):
        refused("InvalidParameterException", aws.cluster, version, version=version, **network)


def test_extended_support_is_not_declined_once_a_version_is_in_it(aws, refused):
    standard = {"supportType": "STANDARD"}
    subnets, role = aws.subnets(aws.vpc()), aws.role("cluster", "eks.amazonaws.com")
    request = {"subnets": subnets, "roleArn": role, "version": "1.33"}
    refused("InvalidParameterException", aws.cluster, "extended", **request, upgradePolicy=standard)
    aws.cluster(**request)
    update = aws.eks.update_cluster_config
    refused("InvalidParameterException", update, "1.33", name="main", upgradePolicy=standard)


def test_a_cluster_does_not_leave_its_nodes_too_far_behind(aws, refused):
    aws.role("nodes", "ec2.amazonaws.com")
    aws.cluster(version="1.32")
    aws.node_group()
    for version in ("1.33", "1.34", "1.35"):
        aws.eks.update_cluster_version(name="main", version=version)
    update = aws.eks.update_cluster_version
    refused("InvalidRequestException", update, "Nodegroup cpu", name="main", version="1.36")


def test_a_cluster_with_node_groups_is_not_deleted(aws, cluster, refused):
    aws.node_group()
    refused("ResourceInUseException", aws.eks.delete_cluster, name="main")
    aws.eks.delete_nodegroup(clusterName="main", nodegroupName="cpu")
    aws.eks.delete_cluster(name="main")
    refused("ResourceNotFoundException", aws.eks.describe_cluster, name="main")


def test_a_deleted_cluster_leaves_neither_interfaces_nor_its_group(aws, cluster):
    aws.node_group()
    aws.eks.delete_nodegroup(clusterName="main", nodegroupName="cpu")
    aws.eks.delete_cluster(name="main")
    assert interfaces(aws) == []
    groups = aws.ec2.describe_security_groups(
        Filters=[{"Name": "vpc-id", "Values": [cluster["resourcesVpcConfig"]["vpcId"]]}]
    )["SecurityGroups"]
    assert [group["GroupName"] for group in groups] == ["default"]


def test_a_protected_cluster_is_not_deleted(aws, cluster, refused):
    aws.eks.update_cluster_config(name="main", deletionProtection=True)
    refused("InvalidRequestException", aws.eks.delete_cluster, "protection", name="main")


def test_everything_of_a_cluster_takes_tags(aws, cluster, refused):
    arns = [
        cluster["arn"],
        aws.node_group()["nodegroupArn"],
        aws.eks.create_addon(clusterName="main", addonName="coredns")["addon"]["addonArn"],
    ]
    for arn in arns:
        aws.eks.tag_resource(resourceArn=arn, tags={"a": "1", "b": "2"})
        aws.eks.untag_resource(resourceArn=arn, tagKeys=["b"])
        assert aws.eks.list_tags_for_resource(resourceArn=arn)["tags"] == {"a": "1"}
    gone = cluster["arn"] + "s"
    refused("NotFoundException", aws.eks.list_tags_for_resource, resourceArn=gone)
