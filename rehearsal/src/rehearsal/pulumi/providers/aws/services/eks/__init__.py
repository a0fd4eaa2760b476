"""Resource types of EKS: clusters, node groups, add-ons, access entries and pod identities."""

from __future__ import annotations

from rehearsal.pulumi.providers.aws.services.eks.access import ENTRY, POLICY_ASSOCIATION
from rehearsal.pulumi.providers.aws.services.eks.addon import ADDON
from rehearsal.pulumi.providers.aws.services.eks.cluster import CLUSTER
from rehearsal.pulumi.providers.aws.services.eks.node_group import NODE_GROUP
from rehearsal.pulumi.providers.aws.services.eks.pod_identity import POD_IDENTITY_ASSOCIATION

RESOURCES = [
    CLUSTER,
    NODE_GROUP,
    ADDON,
    ENTRY,
    POLICY_ASSOCIATION,
    POD_IDENTITY_ASSOCIATION,
]
