"""Which EKS clusters exist, in a form cheap enough to be asked for twice a second.

The nodes of a cluster follow its node groups. Whoever keeps them asks here whether anything has
changed, and for the details by EKS's own calls.
"""

from __future__ import annotations

import hashlib
import json
from typing import cast

from moto.eks.models import eks_backends

from rehearsal.places import ACCOUNT_ID

from .eks.models import EKS, Cluster


def take() -> list[dict[str, str]]:
    """Each cluster's name, region, and a fingerprint that changes with it or its node groups."""
    return [
        {"name": name, "region": region, "fingerprint": _fingerprint(cluster)}
        for region, backend in sorted(eks_backends[ACCOUNT_ID].items())
        for name, cluster in sorted(cast(EKS, backend).clusters.items())
    ]


def release_addon(name: str, version: str) -> None:
    """Puts a newer version of an add-on on offer, in every region in use.

    Raises:
        LookupError: There is no such add-on.
    """
    for backend in eks_backends[ACCOUNT_ID].values():
        cast(EKS, backend).release_addon(name, version)


def _fingerprint(cluster: Cluster) -> str:
    groups = [
        [group.description, group.interface_ids] for _, group in sorted(cluster.node_groups.items())
    ]
    state = json.dumps([cluster.arn, groups], default=str)
    return hashlib.sha256(state.encode()).hexdigest()[:16]
