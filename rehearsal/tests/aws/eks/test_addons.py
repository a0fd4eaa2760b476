from __future__ import annotations

import pytest


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
