"""Logs of a cluster's control plane: their types, and their group in CloudWatch Logs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from moto.logs.models import logs_backends

from rehearsal.aws.eks.models import Cluster

LOG_TYPES = ("api", "audit", "authenticator", "controllerManager", "scheduler")


def ensure_log_group(account_id: str, region: str, cluster: Cluster) -> None:
    """Create the log group of a cluster that logs, if it does not exist.

    EKS creates it too, and does not delete it with the cluster. A log group of the user's own, with
    a retention, must be created before the cluster.
    """
    name = log_group_name(cluster)
    logs = logs_backends[account_id][region]
    if is_logging(cluster) and name not in logs.groups:
        logs.create_log_group(name, {})


def log_group_name(cluster: Cluster) -> str:
    """Return the name of the log group of a cluster's control plane."""
    return f"/aws/eks/{cluster.name}/cluster"


def is_logging(cluster: Cluster) -> bool:
    """Return whether a cluster's control plane writes any logs."""
    return any(setup["enabled"] for setup in cluster.description["logging"]["clusterLogging"])


def full_logging(wanted: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the logging setup with every log type once, enabled or disabled."""
    enabled = [
        type_
        for setup in (wanted or {}).get("clusterLogging") or []
        if setup.get("enabled")
        for type_ in setup.get("types") or []
    ]
    setups = [
        {"types": [t for t in LOG_TYPES if (t in enabled) is on], "enabled": on}
        for on in (True, False)
    ]
    return {"clusterLogging": [setup for setup in setups if setup["types"]]}
