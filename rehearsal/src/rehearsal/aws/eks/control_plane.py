"""Endpoint of the emulated EKS cluster, which is the Kubernetes API of the rehearsal.

It is read at each call, because the certificate may be created after the cluster.
"""

from __future__ import annotations

import base64

from rehearsal.paths import Environment

_served: list[Environment] = []


def serve_for(environment: Environment | None) -> None:
    """Set the environment of the Kubernetes API; None makes the endpoint an invented one."""
    _served[:] = [environment] if environment else []


def endpoint(region: str) -> str:
    """Return the endpoint of a cluster's Kubernetes API."""
    if _served:
        return _served[0].api_server_url
    return f"https://0123456789ABCDEF0123456789ABCDEF.gr7.{region}.eks.amazonaws.com"


def certificate_authority() -> str:
    """Return the CA certificate of the endpoint, as PEM in base64."""
    if _served and _served[0].certificate_authority.exists():
        return base64.b64encode(_served[0].certificate_authority.read_bytes()).decode()
    return base64.b64encode(b"-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n").decode()
