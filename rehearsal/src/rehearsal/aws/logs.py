"""Amazon CloudWatch Logs: the log group that EKS creates again after its cluster's deletion.

EKS buffers the control plane's logs, and writes them with a service-linked role, which creates the
log group again if it was deleted meanwhile: without a retention and without tags.
Source: terraform-aws-modules/terraform-aws-eks, issues 2446 and 2763.
"""

from __future__ import annotations

from typing import cast

from moto.eks.models import eks_backends
from moto.logs.models import LogsBackend, logs_backends

from rehearsal.aws.eks.models import EKS
from rehearsal.aws.replacement import use_backend


def install() -> None:
    """Replace moto's CloudWatch Logs with this one."""
    use_backend(logs_backends, Logs)


class Logs(LogsBackend):
    """CloudWatch Logs of the account in one Region."""

    def delete_log_group(self, log_group_name: str) -> None:
        """Delete a log group; it exists again at once if EKS still has to write to it."""
        super().delete_log_group(log_group_name)
        eks = cast(EKS, eks_backends[self.account_id][self.region_name])
        if log_group_name in eks.late_log_groups:
            eks.late_log_groups -= {log_group_name}
            self.create_log_group(log_group_name, {})
