"""Readiness conditions of PersistentVolumes and PersistentVolumeClaims."""

from __future__ import annotations

from rehearsal.pulumi.providers.kubernetes.awaits.progress import READY, Progress, RelatedObjects
from rehearsal.pulumi.providers.kubernetes.manifests import Manifest, field, name_of


def persistent_volume(live: Manifest, _around: RelatedObjects) -> Progress:
    """Check a PersistentVolume: it must be available or bound."""
    phase = field(live, "status", "phase")
    if phase in ("Available", "Bound"):
        return READY
    said = field(live, "status", "message")
    return Progress(
        False,
        f"Waiting for PersistentVolume {name_of(live)!r} (phase {phase})",
        [said] if said else [],
    )


def persistent_volume_claim(live: Manifest, around: RelatedObjects) -> Progress:
    """Check a PersistentVolumeClaim: it must be bound, or wait for its first consumer."""
    phase = field(live, "status", "phase")
    if phase == "Bound" or (phase == "Pending" and _waits_for_consumer(live, around)):
        return READY
    message = f"Waiting for PersistentVolumeClaim {name_of(live)!r} to be bound (phase {phase})"
    return Progress(False, message, [message])


def _waits_for_consumer(claim: Manifest, around: RelatedObjects) -> bool:
    class_name = field(claim, "spec", "storageClassName")
    if not class_name:
        return False
    storage_class = around.got("storage.k8s.io/v1", "StorageClass", "", class_name)
    return bool(field(storage_class, "volumeBindingMode") == "WaitForFirstConsumer")
