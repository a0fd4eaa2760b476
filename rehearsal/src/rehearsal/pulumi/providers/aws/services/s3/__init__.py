"""Resource types of S3: buckets, their settings, and objects."""

from __future__ import annotations

from rehearsal.pulumi.providers.aws.services.s3.bucket import BUCKET
from rehearsal.pulumi.providers.aws.services.s3.lifecycle import LIFECYCLE
from rehearsal.pulumi.providers.aws.services.s3.notification import NOTIFICATION
from rehearsal.pulumi.providers.aws.services.s3.objects import OBJECT
from rehearsal.pulumi.providers.aws.services.s3.settings import (
    ENCRYPTION,
    OWNERSHIP,
    POLICY,
    PUBLIC_ACCESS,
    VERSIONING,
)

RESOURCES = [
    BUCKET,
    VERSIONING,
    ENCRYPTION,
    PUBLIC_ACCESS,
    OWNERSHIP,
    POLICY,
    LIFECYCLE,
    NOTIFICATION,
    OBJECT,
]
