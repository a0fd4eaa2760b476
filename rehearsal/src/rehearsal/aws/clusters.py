"""List the EKS clusters in a form that is cheap enough to be polled twice a second.

The nodes of a cluster follow its node groups. The process that manages the nodes asks here if
anything has changed, and then reads the details through EKS's own API.
"""

from __future__ import annotations

import hashlib
import json
from typing import cast

from moto.eks.models import eks_backends

from rehearsal.aws.eks import spot
from rehearsal.aws.eks.models import EKS, Cluster
from rehearsal.paths import ACCOUNT_ID


def take() -> list[dict[str, str]]:
    """Return each cluster's name, Region, and a fingerprint of it and its node groups."""
    spot.take_back(ACCOUNT_ID)
    return [
        {"name": name, "region": region, "fingerprint": _fingerprint(cluster)}
        for region, backend in sorted(eks_backends[ACCOUNT_ID].items())
        for name, cluster in sorted(cast(EKS, backend).clusters.items())
    ]


def release_addon(name: str, version: str) -> None:
    """Offer a newer version of an add-on in every Region in use.

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
