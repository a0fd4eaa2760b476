"""Rules of FSx for Lustre that a StorageClass can break as the shared file system can."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from components.spec.errors import ConfigError, Path
from components.storage import fsx_backup_rules, fsx_rules
from components.storage.fsx_class_spec import FsxClassSpec

if TYPE_CHECKING:
    from components.storage.fsx_spec import FsxSpec

CLASSES: Path = ("classes",)
KEYS = frozenset(field.alias for field in FsxClassSpec.model_fields.values())


def _classes(fsx: FsxSpec) -> Iterator[ConfigError]:
    """Yield the errors of a file system that is like those of a class, at the keys it has."""
    spec = type(fsx)
    for name, one in fsx.classes.items():
        shared = {key: value for key, value in dict(one).items() if key in spec.model_fields}
        like = spec.model_construct(**shared, link=None)
        for rule in (*fsx_rules.RULES, *fsx_backup_rules.RULES):
            for error in rule(like):
                if error.path[0] in KEYS:
                    yield error.prefixed((*CLASSES, name))


RULES = (_classes,)
