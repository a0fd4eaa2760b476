"""Rules of StorageClasses that concern several classes, or other sections.

Sources: Kubernetes, "Storage Classes"; the EFS CSI driver's docs/parameters.md and CreateVolume, by
which `reuseAccessPoint` finds an access point by the name of the claim alone.
"""

from __future__ import annotations

from collections.abc import Iterator

from components.names import kms_region_errors, label_errors
from components.spec.errors import ConfigError, Path
from components.storage.class_spec import (
    BUILT_IN_CLASSES,
    MAX_CLASS_NAME_LENGTH,
    StorageClassSpec,
)
from settings.stack import Settings

STORAGE: Path = ("storage",)
NAMESPACES: Path = ("storage", "namespaces")
EFS_CLASSES: Path = ("storage", "efs", "classes")
FSX_CLASSES: Path = ("storage", "fsx", "classes")


def names(settings: Settings) -> Iterator[ConfigError]:
    """Check that the names are those of objects, and that each is that of one class."""
    taken: dict[str, Path] = {}
    for path, name, _ in _classes(settings):
        yield from label_errors(path[:-1], [name], MAX_CLASS_NAME_LENGTH)
        if name in BUILT_IN_CLASSES:
            rule = "EKS has a class of this name in the cluster"
            yield ConfigError(path, rule, name, "rename it")
        elif name in taken:
            rule = "the cluster has one class of a name, whatever its storage is"
            yield ConfigError(path, rule, name, "rename it", (taken[name],))
        taken.setdefault(name, path)


def keys(settings: Settings) -> Iterator[ConfigError]:
    """Check that the keys are of the stack's Region."""
    for name, one in settings.storage.fsx.classes.items():
        path: Path = (*FSX_CLASSES, name, "kmsKeyArn")
        yield from kms_region_errors(path, one.kms_key_arn, settings.region)


def reused_access_points(settings: Settings) -> Iterator[ConfigError]:
    """Check that no two namespaces get one directory."""
    for name, one in settings.storage.efs.classes.items():
        if one.reuse_access_point and len(settings.storage.namespaces) > 1:
            rule = "claims of one name in two namespaces would get one directory and see each other"
            path: Path = (*EFS_CLASSES, name, "reuseAccessPoint")
            yield ConfigError(path, rule, True, "remove it", (NAMESPACES,))


def _classes(settings: Settings) -> Iterator[tuple[Path, str, StorageClassSpec]]:
    """Yield path, name and spec of the classes of storages in use."""
    for storage, spec in settings.storage.in_use.items():
        for name, one in spec.classes.items():
            yield (*STORAGE, storage, "classes", name), name, one


RULES = (names, keys, reused_access_points)
