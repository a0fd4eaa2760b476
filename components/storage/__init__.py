"""Shared storage: the interface, its back ends, and what Kubernetes sees of them.

`shared_storage` says what a back end promises; `fsx` and `efs` keep the promise with AWS
resources that need the network only, so that a file system is made while the control plane is.
The Kubernetes half is the same for every back end: the `driver`, and in `mount` the `claims` and,
where the file system is not linked to the bucket, the `dataset_copies`, or where it is, the
`preloads`.
Which back end it is, is decided in one place, in `__main__`; nothing else here or elsewhere asks.
"""

from components.storage.driver import CsiDriver
from components.storage.efs import EfsStorage
from components.storage.fsx import LustreStorage
from components.storage.mount import StorageMount

__all__ = ["CsiDriver", "EfsStorage", "LustreStorage", "StorageMount"]
