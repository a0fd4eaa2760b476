"""Names of the claims on each storage, and the paths at which pods mount them."""

SHARED = "shared"
"""Name of the claims on the active storage, which training and serving use."""
FURTHER_MOUNT_PATHS = "/mnt"
"""Directory below which pods mount the claims on further storages."""


def claim_name(storage: str, active: str) -> str:
    """Return the name of the claims on a storage: of a further one, that of the storage.

    Args:
        storage: Name of the storage.
        active: Name of the active storage.
    """
    return SHARED if storage == active else storage


def volume_name(claim_name: str, namespace: str) -> str:
    """Return the name of the volume behind a claim of a namespace."""
    return f"{claim_name}-{namespace}"


def mount_path(storage: str) -> str:
    """Return the path at which pods mount a claim on a further storage."""
    return f"{FURTHER_MOUNT_PATHS}/{storage}"
