"""Settings of a StorageClass of S3 Files, which the EFS CSI driver serves too.

Source: https://github.com/kubernetes-sigs/aws-efs-csi-driver, CreateVolume in
pkg/driver/controller.go.
"""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import Field

from components.spec.errors import ConfigError, Path
from components.storage.efs_class_spec import EfsClassSpec

REUSE: Path = ("reuseAccessPoint",)


class S3FilesClassSpec(EfsClassSpec):
    """StorageClass that makes a directory and an access point of its own for each claim.

    The directory is a prefix of the bucket. When a claim is deleted, its access point goes and its
    objects stay.
    """

    mount_options: tuple[str, ...] = Field(default=(), examples=[["ro"]])
    """Options of mount(8)."""

    def own_problems(self) -> Iterator[ConfigError]:
        """Yield the broken rules of the driver."""
        yield from super().own_problems()
        if self.reuse_access_point:
            rule = "the driver shares access points of EFS only"
            remedy = "remove it, and set ensureUniqueDirectory to false"
            yield ConfigError(REUSE, rule, True, remedy)
