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
from rehearsal.aws.service import Refusal

RETENTIONS = (
    *(1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731),
    *(1096, 1827, 2192, 2557, 2922, 3288, 3653),
)
"""Source: CloudWatch Logs API Reference, PutRetentionPolicy."""


def install() -> None:
    """Replace moto's CloudWatch Logs with this one."""
    use_backend(logs_backends, Logs)


class Logs(LogsBackend):
    """CloudWatch Logs of the account in one Region."""

    def put_retention_policy(self, log_group_name: str, retention_in_days: str) -> None:
        """Set for how many days events are kept, one of the numbers that CloudWatch has."""
        if int(retention_in_days) not in RETENTIONS:
            raise Refusal(
                "InvalidParameterException",
                f"The retention in days must be one of {', '.join(map(str, RETENTIONS))}, got: "
                f"{retention_in_days}",
            )
        super().put_retention_policy(log_group_name, retention_in_days)

    def delete_log_group(self, log_group_name: str) -> None:
        """Delete a log group; it exists again at once if EKS still has to write to it."""
        super().delete_log_group(log_group_name)
        eks = cast(EKS, eks_backends[self.account_id][self.region_name])
        if log_group_name in eks.late_log_groups:
            eks.late_log_groups -= {log_group_name}
            self.create_log_group(log_group_name, {})
