"""Resource types of FSx for Lustre: file systems and their links to S3."""

from __future__ import annotations

from rehearsal.pulumi.providers.aws.services.fsx.data_repository import ASSOCIATION
from rehearsal.pulumi.providers.aws.services.fsx.lustre import FILE_SYSTEM

RESOURCES = [FILE_SYSTEM, ASSOCIATION]
