from __future__ import annotations

VIEW = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy"
CALLER = "arn:aws:iam::123456789012:user/rehearsal"


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
