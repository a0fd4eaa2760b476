"""Spec of a file system of any back end."""

from components.storage.efs_spec import EfsSpec
from components.storage.fsx_spec import FsxSpec

FileSystemSpec = FsxSpec | EfsSpec
"""Spec of a file system; its class decides the back end."""
