"""Readiness conditions of Services and Ingresses."""

from __future__ import annotations

from rehearsal.pulumi.providers.kubernetes.awaits.progress import READY, Progress, RelatedObjects
from rehearsal.pulumi.providers.kubernetes.manifests import Manifest, field, name_of, namespace_of

_NO_PODS = (
    "Service does not target any Pods. Selected Pods may not be ready, or field '.spec.selector' "
    "may not match labels on any Pods"
)
_NO_ADDRESS = "Service was not allocated an IP address; does your cloud provider support this?"


def service(live: Manifest, around: RelatedObjects) -> Progress:
    """Check a Service: no selected pod may be unready, and a load balancer needs an address."""
    spec = live.get("spec") or {}
    balanced = spec.get("type") != "LoadBalancer" or bool(
        field(live, "status", "loadBalancer", "ingress")
    )
    if _selects_pods(spec):
        endpoints = _endpoints(live, around)
        if endpoints is None or not all(endpoints):
            return Progress(False, "[1/3] Finding Pods to direct traffic to", [_NO_PODS])
    if not balanced:
        return Progress(False, "[2/3] Attempting to allocate IP address to Service", [_NO_ADDRESS])
    return READY


def ingress(live: Manifest, around: RelatedObjects) -> Progress:
    """Check an Ingress: each Service behind it must exist, and it must have an address."""
    namespace = namespace_of(live)
    missing = [name for name in _backends(live) if not _backend_exists(name, namespace, around)]
    if missing:
        problems = [f"No matching service found for ingress rule: {name!r}" for name in missing]
        return Progress(False, "[1/3] Finding a matching service for each Ingress path", problems)
    if field(live, "status", "loadBalancer", "ingress"):
        return READY
    problem = "Ingress .status.loadBalancer field was not updated with a hostname/IP address."
    return Progress(
        False, "[2/3] Waiting for update of .status.loadBalancer with hostname/IP", [problem]
    )


def _selects_pods(spec: Manifest) -> bool:
    return (
        bool(spec.get("selector"))
        and spec.get("type") != "ExternalName"
        and spec.get("clusterIP") != "None"
    )


def _endpoints(live: Manifest, around: RelatedObjects) -> list[bool] | None:
    """Return the readiness of a Service's endpoints; None before its controller has looked."""
    slices = [
        one
        for one in around.listed("discovery.k8s.io/v1", "EndpointSlice", namespace_of(live))
        if field(one, "metadata", "labels", "kubernetes.io/service-name") == name_of(live)
    ]
    if not slices:
        return None
    endpoints = [end for one in slices for end in one.get("endpoints") or []]
    return [field(end, "conditions", "ready") is not False for end in endpoints]


def _backends(live: Manifest) -> list[str]:
    rules = field(live, "spec", "rules") or []
    paths = [path for rule in rules for path in field(rule, "http", "paths") or []]
    names = [field(path, "backend", "service", "name") for path in paths]
    return [name for name in dict.fromkeys(names) if name]


def _backend_exists(name: str, namespace: str, around: RelatedObjects) -> bool:
    return around.got("v1", "Service", namespace, name) is not None
