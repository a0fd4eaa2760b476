"""What runs in pods of the cluster: the workloads of this project."""

from __future__ import annotations

from components.spec.model import Spec


class Workloads(Spec):
    """The image that the pods of workloads/ run."""

    image: str | None = None
    """An image of your own, with its tag or digest. Without one, the image that `make image` builds
    of workloads/ and pushes to the account's registry: PROJECT-workloads, tagged by its content."""
