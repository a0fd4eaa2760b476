"""Choice of the back end of the shared storage, by the class of its spec.

Besides the config model, only this module depends on the back end. A third back end adds:

- a spec `components/storage/NOUN_spec.py` and a file system `components/storage/NOUN.py`, which
  derives from `FileSystem` and sets all attributes that it declares;
- its spec in `components/storage/file_system_spec.py`, and one case in `file_system` below;
- in the config model, the field of its spec and its name (`settings/storage_spec.py`), and the
  field of its CSI driver's chart under the same name (`settings/drivers_spec.py`).
"""

from collections.abc import Mapping
from typing import TypeVar

import pulumi

from components.storage.base import FileSystem, FileSystemArgs
from components.storage.efs import EfsFileSystem
from components.storage.efs_spec import EfsSpec
from components.storage.file_system_spec import FileSystemSpec
from components.storage.fsx import FsxFileSystem
from components.storage.fsx_existing import ExistingFsxFileSystem
from components.storage.fsx_spec import FsxSpec
from components.storage.s3_files import S3FilesFileSystem
from components.storage.s3_files_spec import S3FilesSpec

Name = TypeVar("Name", bound=str)


def file_systems(
    name: str,
    specs: Mapping[Name, FileSystemSpec],
    wiring: FileSystemArgs,
    opts: pulumi.ResourceOptions | None = None,
) -> dict[str, FileSystem]:
    """Make the file system of each spec, and return them by the same names.

    All components have one name: their types tell them apart, so that a file system stays if
    another one becomes the active storage.
    """
    return {storage: file_system(name, spec, wiring, opts) for storage, spec in specs.items()}


def file_system(
    name: str,
    spec: FileSystemSpec,
    wiring: FileSystemArgs,
    opts: pulumi.ResourceOptions | None = None,
) -> FileSystem:
    """Make the file system that a spec describes.

    Args:
        name: Name of the component.
        spec: Settings of the file system; their class decides the back end.
        wiring: Arguments of every back end.
        opts: Options of the component.
    """
    match spec:
        case FsxSpec(existing=str()):
            return ExistingFsxFileSystem(name, {"spec": spec, **wiring}, opts)
        case FsxSpec():
            return FsxFileSystem(name, {"spec": spec, **wiring}, opts)
        case EfsSpec():
            return EfsFileSystem(name, {"spec": spec, **wiring}, opts)
        case S3FilesSpec():
            return S3FilesFileSystem(name, {"spec": spec, **wiring}, opts)
