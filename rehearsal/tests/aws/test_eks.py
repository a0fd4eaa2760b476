"""EKS: clusters, what belongs to them, and what AWS refuses."""

from __future__ import annotations

import base64

import pytest

from rehearsal.aws.eks import control_plane
from rehearsal.paths import Environment

VIEW = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy"
ADMIN = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy"
CALLER = "arn:aws:iam::123456789012:user/rehearsal"


@pytest.fixture
def cluster(aws):
    aws.role("nodes", "ec2.amazonaws.com")
    return aws.cluster()


def interfaces(aws):
    return aws.ec2.describe_network_interfaces()["NetworkInterfaces"]


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


@pytest.mark.difference(
    of="Amazon EKS",
    what="An account has one cluster.",
    direction="harsher",
    why="The rehearsal has one Kubernetes API.",
)
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


def test_a_node_group_has_an_interface_for_each_node(aws, cluster):
    aws.node_group()
    aws.eks.update_nodegroup_config(
        clusterName="main", nodegroupName="cpu", scalingConfig={"desiredSize": 3}
    )
    nodes = [one for one in interfaces(aws) if one["Description"] == "node of main/cpu"]
    assert len(nodes) == 3
    assert len({one["PrivateIpAddress"] for one in nodes}) == 3
    aws.eks.update_nodegroup_config(
        clusterName="main", nodegroupName="cpu", scalingConfig={"desiredSize": 1}
    )
    nodes = [one for one in interfaces(aws) if one["Description"] == "node of main/cpu"]
    assert len(nodes) == 1


def test_a_node_group_is_creating_then_active_with_eks_defaults(aws, cluster):
    assert aws.node_group()["status"] == "CREATING"
    group = aws.eks.describe_nodegroup(clusterName="main", nodegroupName="cpu")["nodegroup"]
    assert group["status"] == "ACTIVE"
    assert group["amiType"] == "AL2023_x86_64_STANDARD"
    assert group["instanceTypes"] == ["t3.medium"]
    assert group["version"] == cluster["version"]


@pytest.mark.parametrize(
    ("types", "ami_type"),
    [
        (["m6i.large"], "AL2023_x86_64_STANDARD"),
        (["g5.2xlarge"], "AL2023_x86_64_NVIDIA"),
        (["m7g.large"], "AL2023_ARM_64_STANDARD"),
    ],
)
def test_the_machine_image_follows_the_instance_type(aws, cluster, types, ami_type):
    assert aws.node_group(instanceTypes=types)["amiType"] == ami_type


@pytest.mark.parametrize(
    ("settings", "naming"),
    [
        ({"scalingConfig": {"minSize": 1, "desiredSize": 4, "maxSize": 3}}, "desired capacity 4"),
        ({"scalingConfig": {"minSize": 2, "desiredSize": 1, "maxSize": 3}}, "Minimum capacity 2"),
        ({"instanceTypes": ["m6i.enormous"]}, "m6i.enormous"),
        ({"instanceTypes": ["m7g.large"], "amiType": "AL2023_x86_64_STANDARD"}, "m7g.large"),
        ({"amiType": "AL2_x86_64"}, "1.32"),
        ({"instanceTypes": ["m6i.large"], "amiType": "AL2023_x86_64_NVIDIA"}, "m6i.large"),
        ({"labels": {"node-role.kubernetes.io/worker": "yes"}}, "reserved prefixes"),
        ({"labels": {"eks.amazonaws.com/mine": "yes"}}, "reserved prefixes"),
        ({"subnets": ["subnet-00000000000000000"]}, "subnet-00000000000000000"),
        ({"nodeRole": "arn:aws:iam::123456789012:role/missing"}, "missing"),
        ({"nodeRole": "arn:aws:iam::123456789012:role/cluster"}, "ec2.amazonaws.com"),
        ({"version": "1.35"}, "1.35"),
        ({"capacityType": "CHEAP"}, "CHEAP"),
    ],
)
def test_a_node_group_that_aws_refuses_is_not_there(aws, cluster, refused, settings, naming):
    refused("InvalidParameterException", aws.node_group, naming, **settings)
    assert aws.eks.list_nodegroups(clusterName="main")["nodegroups"] == []


def test_a_node_group_of_the_same_name_is_refused(aws, cluster, refused):
    aws.node_group()
    refused("ResourceInUseException", aws.node_group, "cpu")


def test_an_image_is_the_newest_or_the_one_asked_for_and_never_an_older(aws, cluster, refused):
    group = {"clusterName": "main", "nodegroupName": "cpu"}
    aws.node_group(releaseVersion="1.34.1-20261023")
    update = aws.eks.update_nodegroup_version
    naming = "is not valid for kubernetes version 1.34"
    refused("InvalidParameterException", update, naming, **group, releaseVersion="1.35.2-20261118")
    update(**group)
    newest = aws.eks.describe_nodegroup(**group)["nodegroup"]["releaseVersion"]
    assert newest == "1.34.2-20261118"
    older = {"releaseVersion": "1.34.1-20261023"}
    refused("InvalidParameterException", update, "can't be lowered", **group, **older)


def test_taints_and_labels_change_by_key(aws, cluster):
    gpu = {"key": "gpu", "value": "yes", "effect": "NO_SCHEDULE"}
    aws.node_group(labels={"a": "1", "b": "2"}, taints=[gpu])
    aws.eks.update_nodegroup_config(
        clusterName="main",
        nodegroupName="cpu",
        labels={"addOrUpdateLabels": {"a": "3"}, "removeLabels": ["b"]},
        taints={"addOrUpdateTaints": [{**gpu, "value": "no"}]},
    )
    group = aws.eks.describe_nodegroup(clusterName="main", nodegroupName="cpu")["nodegroup"]
    assert group["labels"] == {"a": "3"}
    assert group["taints"] == [{**gpu, "value": "no"}]


def test_nodes_are_let_in_by_an_entry_of_their_role(aws, cluster):
    aws.node_group()
    entry = aws.eks.describe_access_entry(
        clusterName="main", principalArn="arn:aws:iam::123456789012:role/nodes"
    )["accessEntry"]
    assert (entry["type"], entry["kubernetesGroups"]) == ("EC2_LINUX", ["system:nodes"])


def test_an_entry_and_its_policies_come_and_go(aws, cluster, refused):
    role = aws.role("team", "ec2.amazonaws.com")
    who = {"clusterName": "main", "principalArn": role}
    entry = aws.eks.create_access_entry(**who, kubernetesGroups=["team"])["accessEntry"]
    assert entry["username"].endswith("assumed-role/team/{{SessionName}}")
    scope = {"type": "namespace", "namespaces": ["training"]}
    aws.eks.associate_access_policy(**who, policyArn=VIEW, accessScope=scope)
    found = aws.eks.list_associated_access_policies(**who)["associatedAccessPolicies"]
    assert [(one["policyArn"], one["accessScope"]) for one in found] == [(VIEW, scope)]
    aws.eks.disassociate_access_policy(**who, policyArn=VIEW)
    refused("ResourceNotFoundException", aws.eks.disassociate_access_policy, **who, policyArn=VIEW)
    aws.eks.delete_access_entry(**who)
    refused("ResourceNotFoundException", aws.eks.describe_access_entry, **who)


def test_entries_that_aws_refuses(aws, cluster, refused):
    create, role = aws.eks.create_access_entry, aws.role("team", "ec2.amazonaws.com")
    missing = "arn:aws:iam::123456789012:role/missing"
    invalid = "InvalidParameterException"
    refused(invalid, create, "missing", clusterName="main", principalArn=missing)
    refused(
        invalid,
        create,
        "system:masters",
        clusterName="main",
        principalArn=role,
        kubernetesGroups=["system:masters"],
    )
    refused("ResourceInUseException", create, clusterName="main", principalArn=CALLER)


def test_a_cluster_of_config_map_mode_has_no_entries(aws, refused):
    aws.cluster(mode="CONFIG_MAP")
    refused("InvalidRequestException", aws.eks.list_access_entries, clusterName="main")


def test_a_service_account_has_one_pod_identity(aws, cluster, refused):
    role = aws.role("pods", "pods.eks.amazonaws.com")
    who = {"clusterName": "main", "namespace": "kube-system", "serviceAccount": "driver"}
    made = aws.eks.create_pod_identity_association(**who, roleArn=role)["association"]
    create = aws.eks.create_pod_identity_association
    refused("ResourceInUseException", create, made["associationId"], **who, roleArn=role)
    found = aws.eks.list_pod_identity_associations(clusterName="main", namespace="kube-system")
    assert [one["associationId"] for one in found["associations"]] == [made["associationId"]]
    assert (
        aws.eks.list_pod_identity_associations(clusterName="main", namespace="x")["associations"]
        == []
    )
    aws.eks.delete_pod_identity_association(clusterName="main", associationId=made["associationId"])
    refused(
        "ResourceNotFoundException",
        aws.eks.describe_pod_identity_association,
        clusterName="main",
        associationId=made["associationId"],
    )


def test_a_pod_identity_needs_a_role_that_exists(aws, cluster, refused):
    refused(
        "InvalidParameterException",
        aws.eks.create_pod_identity_association,
        "missing",
        clusterName="main",
        namespace="a",
        serviceAccount="b",
        roleArn="arn:aws:iam::123456789012:role/missing",
    )


def test_an_addon_takes_its_default_version_and_then_the_one_asked_for(aws, cluster):
    made = aws.eks.create_addon(clusterName="main", addonName="kube-proxy")["addon"]
    assert made["status"] == "CREATING"
    offered = aws.eks.describe_addon_versions(addonName="kube-proxy", kubernetesVersion="1.34")
    (default,) = [
        one["addonVersion"]
        for one in offered["addons"][0]["addonVersions"]
        if one["compatibilities"][0]["defaultVersion"]
    ]
    assert made["addonVersion"] == default
    aws.eks.update_addon(
        clusterName="main", addonName="kube-proxy", addonVersion="v1.34.9-eksbuild.9"
    )
    addon = aws.eks.describe_addon(clusterName="main", addonName="kube-proxy")["addon"]
    assert (addon["status"], addon["addonVersion"]) == ("ACTIVE", "v1.34.9-eksbuild.9")


@pytest.mark.parametrize(
    ("settings", "naming"),
    [
        ({"addonName": "made-up"}, "made-up"),
        ({"addonVersion": "latest"}, "latest"),
        ({"configurationValues": "{not: [closed"}, "not valid"),
        ({"configurationValues": "[]"}, "not an object"),
        ({"serviceAccountRoleArn": "arn:aws:iam::123456789012:role/missing"}, "missing"),
        ({"resolveConflicts": "PRESERVE"}, "PRESERVE"),
    ],
)
def test_an_addon_that_aws_refuses_is_not_there(aws, cluster, refused, settings, naming):
    request = {"clusterName": "main", "addonName": "vpc-cni", **settings}
    refused("InvalidParameterException", aws.eks.create_addon, naming, **request)
    assert aws.eks.list_addons(clusterName="main")["addons"] == []


def test_an_addon_brings_its_pod_identities_and_takes_them_along(aws, cluster, refused):
    role = aws.role("pods", "pods.eks.amazonaws.com")
    addon = {"clusterName": "main", "addonName": "aws-efs-csi-driver"}
    aws.eks.create_addon(
        **addon,
        podIdentityAssociations=[{"serviceAccount": "efs-csi-controller-sa", "roleArn": role}],
    )
    refused("ResourceInUseException", aws.eks.create_addon, **addon)
    assert len(aws.eks.list_pod_identity_associations(clusterName="main")["associations"]) == 1
    aws.eks.delete_addon(**addon)
    assert aws.eks.list_pod_identity_associations(clusterName="main")["associations"] == []
    refused("ResourceNotFoundException", aws.eks.describe_addon, **addon)


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
