"""gRPC server of a provider: Pulumi's protocol on one side, plain Python on the other.

`provider` defines a provider (`ResourceProvider`) and its results; `values` converts property
values to Python and back; `operation` is the call in progress, with its cancellation; `server`
serves a provider. Nothing here knows of AWS or Kubernetes.
"""

from rehearsal.pulumi.providers.server.operation import Cancelled, pause
from rehearsal.pulumi.providers.server.provider import (
    Checked,
    Difference,
    Failure,
    Kind,
    Partial,
    ProviderError,
    ResourceProvider,
    Severity,
    autoname,
    urn_name,
    urn_type,
)
from rehearsal.pulumi.providers.server.servicer import serve, start
from rehearsal.pulumi.providers.server.values import (
    UNKNOWN,
    Asset,
    Secret,
    Unknown,
    contains_unknowns,
)

__all__ = [
    "UNKNOWN",
    "Asset",
    "Cancelled",
    "Checked",
    "Difference",
    "Failure",
    "Kind",
    "Partial",
    "ProviderError",
    "ResourceProvider",
    "Secret",
    "Severity",
    "Unknown",
    "autoname",
    "contains_unknowns",
    "pause",
    "serve",
    "start",
    "urn_name",
    "urn_type",
]
