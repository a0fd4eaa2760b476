"""Log group of an EKS control plane, which stays when its cluster is deleted."""

import pulumi
import pulumi_aws as aws


def log_group(
    name: str, cluster: str, retention_days: int, opts: pulumi.ResourceOptions
) -> aws.cloudwatch.LogGroup:
    """Create the log group before EKS creates one, whose logs would never expire.

    It stays when the stack is destroyed, and the next cluster of that name imports it. If it were
    deleted with the cluster, EKS would create it again for its last messages: its logs would never
    expire, and the next cluster could not create it.

    Args:
        name: Logical name.
        cluster: Name of the cluster.
        retention_days: Days that CloudWatch keeps the logs.
        opts: Options of the log group.
    """
    path = f"/aws/eks/{cluster}/cluster"
    stay = pulumi.ResourceOptions(
        retain_on_delete=True, import_=path if is_orphaned(path, cluster) else None
    )
    return aws.cloudwatch.LogGroup(
        name,
        name=path,
        retention_in_days=retention_days,
        opts=pulumi.ResourceOptions.merge(opts, stay),
    )


def is_orphaned(path: str, cluster: str) -> bool:
    """Return whether the log group of an earlier cluster of that name exists."""
    if cluster in aws.eks.get_clusters().names:
        return False
    return path in aws.cloudwatch.get_log_groups(log_group_name_prefix=path).log_group_names
