"""Resource types of EFS: file systems and what belongs to one."""

from __future__ import annotations

from rehearsal.pulumi.providers.aws.services.efs.access_point import ACCESS_POINT
from rehearsal.pulumi.providers.aws.services.efs.file_system import FILE_SYSTEM
from rehearsal.pulumi.providers.aws.services.efs.mount_target import MOUNT_TARGET
from rehearsal.pulumi.providers.aws.services.efs.policies import BACKUP_POLICY, FILE_SYSTEM_POLICY
from rehearsal.pulumi.providers.aws.services.efs.replication import REPLICATION

RESOURCES = [
    FILE_SYSTEM,
    MOUNT_TARGET,
    ACCESS_POINT,
    BACKUP_POLICY,
    FILE_SYSTEM_POLICY,
    REPLICATION,
]
