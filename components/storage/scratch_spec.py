"""Settings of the scratch volume on the nodes' own disks."""

from __future__ import annotations

from components.spec.model import Spec

NAMESPACE = "eks-ml-scratch"
"""Namespace of the pods that make the directory: hostPath volumes need Pod Security's level
"privileged", which the namespaces of users should not have."""


class ScratchSpec(Spec):
    """Scratch volume on the NVMe disks of the nodes."""

    mount_path: str = "/local-ssd"
    """Path at which pods mount the claim `scratch`."""
