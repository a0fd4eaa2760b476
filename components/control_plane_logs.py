"""The log group of an EKS control plane, which outlives its cluster."""

import pulumi
import pulumi_aws as aws


def log_group(
    name: str, cluster: str, retention_days: int, opts: pulumi.ResourceOptions
) -> aws.cloudwatch.LogGroup:
    """Create the log group before EKS creates one, which would never expire.

    It stays when the stack is destroyed, and the next cluster of that name takes it over. Were it
    deleted with the cluster, EKS would make it again to write what it held back: a group that is
    kept for ever, and in the way of the next cluster.

    Args:
        name: Logical name.
        cluster: Name of the cluster.
        retention_days: Days that CloudWatch keeps the logs.
        opts: Options of the log group.
    """
    path = f"/aws/eks/{cluster}/cluster"
    stay = pulumi.ResourceOptions(
        retain_on_delete=True, import_=path if is_left_behind(path, cluster) else None
    )
    return aws.cloudwatch.LogGroup(
        name,
        name=path,
        retention_in_days=retention_days,
        opts=pulumi.ResourceOptions.merge(opts, stay),
    )


def is_left_behind(path: str, cluster: str) -> bool:
    """Return whether a log group is there that an earlier cluster of that name left."""
    if cluster in aws.eks.get_clusters().names:
        return False
    return path in aws.cloudwatch.get_log_groups(log_group_name_prefix=path).log_group_names
