"""Objects that an EKS cluster contains when it is created."""

from __future__ import annotations

from typing import Any

_RBAC = "rbac.authorization.k8s.io"

# Kubernetes role of each access policy. EKS has an authorizer of its own; here each policy is a
# group that the token webhook adds to the caller, bound to the built-in role of the same scope.
# https://docs.aws.amazon.com/eks/latest/userguide/access-policy-permissions.html
ACCESS_POLICY_ROLES = {
    "AmazonEKSClusterAdminPolicy": "cluster-admin",
    "AmazonEKSAdminPolicy": "admin",
    "AmazonEKSEditPolicy": "edit",
    "AmazonEKSViewPolicy": "view",
    "AmazonEKSAdminViewPolicy": "rehearsal:read-everything",
}


def policy_group(policy: str, namespace: str | None = None) -> str:
    """Return the group that stands for an access policy, cluster-wide or in one namespace."""
    return f"rehearsal:{policy}" + (f":{namespace}" if namespace else "")


def objects() -> list[dict[str, Any]]:
    """Return the objects to apply whenever the rehearsal's own cluster starts."""
    return [*access_policies(), _storage_class()]


def access_policies() -> list[dict[str, Any]]:
    """Return the ClusterRole and ClusterRoleBindings that the access policies of EKS need.

    They are applied to every cluster, including one that the user provides.
    """
    bindings = [_cluster_binding(*grant) for grant in ACCESS_POLICY_ROLES.items()]
    return [_read_everything(), *bindings]


def namespace_binding(policy: str, namespace: str) -> dict[str, Any]:
    """Return the RoleBinding that grants an access policy in one namespace."""
    return {
        **_named("RoleBinding", policy_group(policy, namespace).lower()),
        **_grant(policy, policy_group(policy, namespace)),
    }


def _cluster_binding(policy: str, role: str) -> dict[str, Any]:
    name = policy_group(policy)
    return {**_named("ClusterRoleBinding", name.lower()), **_grant(role, name)}


def _grant(policy_role: str, group: str) -> dict[str, Any]:
    role = ACCESS_POLICY_ROLES.get(policy_role, policy_role)
    return {
        "roleRef": {"apiGroup": _RBAC, "kind": "ClusterRole", "name": role},
        "subjects": [{"apiGroup": _RBAC, "kind": "Group", "name": group}],
    }


def _read_everything() -> dict[str, Any]:
    """Return the ClusterRole of AmazonEKSAdminViewPolicy, which can read Secrets too."""
    role = _named("ClusterRole", ACCESS_POLICY_ROLES["AmazonEKSAdminViewPolicy"])
    verbs = ["get", "list", "watch"]
    rules = [
        {"apiGroups": ["*"], "resources": ["*"], "verbs": verbs},
        {"nonResourceURLs": ["*"], "verbs": verbs[:1]},
    ]
    return {**role, "rules": rules}


def _storage_class() -> dict[str, Any]:
    """Return StorageClass gp2, not marked as default, as new clusters have had it since 1.30."""
    return {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {"name": "gp2"},
        "provisioner": "kubernetes.io/aws-ebs",
        "parameters": {"type": "gp2", "fsType": "ext4"},
        "volumeBindingMode": "WaitForFirstConsumer",
    }


def _named(kind: str, name: str) -> dict[str, Any]:
    return {"apiVersion": f"{_RBAC}/v1", "kind": kind, "metadata": {"name": name}}
