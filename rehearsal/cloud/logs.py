"""Amazon CloudWatch Logs: what EKS still writes when its cluster is gone.

EKS holds back what its control plane logs, and writes it by a service-linked role, which makes the
log group again when somebody has deleted it meanwhile: without a retention, and with no tags.
Source: terraform-aws-modules/terraform-aws-eks, issues 2446 and 2763.
"""

from __future__ import annotations

from typing import cast

from moto.eks.models import eks_backends
from moto.logs.models import LogsBackend, logs_backends

from .eks.models import EKS
from .extension import use_backend


def install() -> None:
    """Puts these logs in place of moto's."""
    use_backend(logs_backends, Logs)


class Logs(LogsBackend):
    """The account's logs in one region."""

    def delete_log_group(self, log_group_name: str) -> None:
        """Deletes a group, which is there again at once if EKS has yet to write to it."""
        super().delete_log_group(log_group_name)
        eks = cast(EKS, eks_backends[self.account_id][self.region_name])
        if log_group_name in eks.late_log_groups:
            eks.late_log_groups -= {log_group_name}
            self.create_log_group(log_group_name, {})
