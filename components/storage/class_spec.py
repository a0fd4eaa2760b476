"""Settings that StorageClasses of every CSI driver have in common."""

from __future__ import annotations

from typing import Literal

from components.spec.model import Spec

ReclaimPolicy = Literal["Delete", "Retain"]
VolumeBindingMode = Literal["Immediate", "WaitForFirstConsumer"]

MAX_CLASS_NAME_LENGTH = 63
BUILT_IN_CLASSES = frozenset({"gp2", "auto-ebs-sc"})
"""Classes that EKS makes in a cluster."""


class StorageClassSpec(Spec):
    """StorageClass from which a claim gets storage of its own.

    Kubernetes changes no parameter of a class. A changed class replaces the one of its name, and
    volumes that are there stay as they are.
    """

    reclaim_policy: ReclaimPolicy = "Delete"
    """Fate of a volume whose claim is deleted: Delete deletes it with its data; Retain keeps it,
    also beyond the life of the stack, and costs until someone deletes it by hand."""

    volume_binding_mode: VolumeBindingMode = "Immediate"
    """Time at which a volume is made: Immediate, with its claim, or WaitForFirstConsumer, with the
    first pod that mounts it."""
