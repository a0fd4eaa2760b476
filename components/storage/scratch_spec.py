"""Settings of the scratch volume on the nodes' own disks."""

from __future__ import annotations

from components.spec.model import Spec


class ScratchSpec(Spec):
    """Scratch volume on the NVMe disks of the nodes."""

    mount_path: str = "/local-ssd"
    """Path at which pods mount the claim `scratch`."""
