"""Where the emulated EKS says its control plane is: at the Kubernetes API of this world.

Read anew at each call, because the certificate may be made after the cluster is.
"""

from __future__ import annotations

import base64

from rehearsal.places import World

_served: list[World] = []


def serve_for(world: World | None) -> None:
    """Answers from now on for this world's Kubernetes API; for none, with made-up values."""
    _served[:] = [world] if world else []


def endpoint(region: str) -> str:
    """The endpoint of a cluster's Kubernetes API."""
    if _served:
        return _served[0].api_server_url
    return f"https://0123456789ABCDEF0123456789ABCDEF.gr7.{region}.eks.amazonaws.com"


def certificate_authority() -> str:
    """The PEM of the authority that signed the endpoint's certificate, in base64."""
    if _served and _served[0].certificate_authority.exists():
        return base64.b64encode(_served[0].certificate_authority.read_bytes()).decode()
    return base64.b64encode(b"-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n").decode()
