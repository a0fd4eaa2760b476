"""Resource types of S3 Files: file systems over a bucket and what belongs to one."""

from __future__ import annotations

from rehearsal.pulumi.providers.aws.services.s3files.access_point import ACCESS_POINT
from rehearsal.pulumi.providers.aws.services.s3files.file_system import FILE_SYSTEM
from rehearsal.pulumi.providers.aws.services.s3files.mount_target import MOUNT_TARGET
from rehearsal.pulumi.providers.aws.services.s3files.settings import POLICY, SYNCHRONIZATION

RESOURCES = [FILE_SYSTEM, MOUNT_TARGET, ACCESS_POINT, POLICY, SYNCHRONIZATION]
