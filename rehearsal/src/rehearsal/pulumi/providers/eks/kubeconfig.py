"""Kubeconfig as pulumi-eks makes it, with a token from `aws eks get-token`."""

from __future__ import annotations

from typing import Any


def kubeconfig(  # noqa: PLR0913  # each is a field of the document
    cluster_name: str,
    cluster_arn: str,
    endpoint: str,
    certificate_authority: str,
    *,
    role_arn: str | None = None,
    profile_name: str | None = None,
) -> dict[str, Any]:
    """Return a kubeconfig for one cluster.

    Args:
        cluster_name: Name of the cluster in EKS.
        cluster_arn: ARN of the cluster, which contains its Region.
        endpoint: URL of the Kubernetes API.
        certificate_authority: Certificate of the cluster's authority, PEM in base64.
        role_arn: Role to assume for the token.
        profile_name: Profile of the AWS configuration to take credentials from.
    """
    arguments = ["--region", region_of(cluster_arn)]
    arguments += ["eks", "get-token", "--cluster-name", cluster_name, "--output", "json"]
    if role_arn:
        arguments += ["--role", role_arn]
    if profile_name:
        arguments += ["--profile", profile_name]
    version = "client.authentication.k8s.io/v1beta1"
    execution = {
        "apiVersion": version,
        "command": "aws",
        "args": arguments,
        "env": [{"name": "KUBERNETES_EXEC_INFO", "value": f'{{"apiVersion": "{version}"}}'}],
    }
    cluster = {"server": endpoint, "certificate-authority-data": certificate_authority}
    return {
        "apiVersion": "v1",
        "clusters": [{"cluster": cluster, "name": "kubernetes"}],
        "contexts": [{"context": {"cluster": "kubernetes", "user": "aws"}, "name": "aws"}],
        "current-context": "aws",
        "kind": "Config",
        "users": [{"name": "aws", "user": {"exec": execution}}],
    }


def region_of(arn: str) -> str:
    """Return the Region in an ARN.

    Raises:
        ValueError: The text is not an ARN.
    """
    parts = arn.split(":")
    if len(parts) < 4 or parts[0] != "arn":
        raise ValueError(f"Invalid ARN: '{arn}'")
    return parts[3]
