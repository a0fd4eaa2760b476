"""Objects in an existing cluster that the rules need, read from its Kubernetes API once."""

from __future__ import annotations

import ssl
from base64 import b64decode
from collections.abc import Iterator
from dataclasses import replace

from components.found_cluster import FoundCluster, FoundNode, FoundObjects
from teardown.api import Api, ApiError, Object
from teardown.held import id_of, name_of

TIMEOUT_SECONDS = 20.0
ZONE = "topology.kubernetes.io/zone"
NODE_GROUP = "eks.amazonaws.com/nodegroup"
ACK_IMAGE = "sagemaker-controller"
STORAGE, CORE, APPS = "/apis/storage.k8s.io/v1", "/api/v1", "/apis/apps/v1"
NOT_ALLOWED = (401, 403)
"""Statuses of an API server that does not know the caller, or that lets it do too little."""


def with_objects(found: FoundCluster) -> FoundCluster:
    """Return a cluster with the objects in it, or with the reason for which none could be read."""
    try:
        return replace(found, objects=read(_api(found)))
    except ApiError as error:
        words = " ".join(str(error).split())
        return replace(found, unanswered=words, refused=error.status in NOT_ALLOWED)
    except (OSError, ValueError) as error:  # of the certificate
        return replace(found, unanswered=" ".join(str(error).split()))


def read(api: Api) -> FoundObjects:
    """Return the objects of a cluster.

    Raises:
        ApiError: The API server does not answer, or refuses.
    """
    drivers: dict[str, frozenset[str]] = {}
    for node, driver in _drivers(api.list(f"{STORAGE}/csinodes")):
        drivers[driver] = drivers.get(driver, frozenset()) | {node}
    return FoundObjects(
        nodes=tuple(map(_node, api.list(f"{CORE}/nodes"))),
        drivers=drivers,
        csi_drivers=frozenset(map(name_of, api.list(f"{STORAGE}/csidrivers"))),
        namespaces=frozenset(map(name_of, api.list(f"{CORE}/namespaces"))),
        daemon_sets=frozenset(map(id_of, api.list(f"{APPS}/daemonsets"))),
        volumes=frozenset(map(name_of, api.list(f"{CORE}/persistentvolumes"))),
        claims=frozenset(map(id_of, api.list(f"{CORE}/persistentvolumeclaims"))),
        storage_classes=frozenset(map(name_of, api.list(f"{STORAGE}/storageclasses"))),
        ack_controllers=frozenset(
            id_of(one)[0] for one in api.list(f"{APPS}/deployments") if _runs_ack(one)
        ),
    )


def _drivers(nodes: list[Object]) -> Iterator[tuple[str, str]]:
    for one in nodes:
        for driver in one["spec"].get("drivers") or []:
            yield name_of(one), driver["name"]


def _node(one: Object) -> FoundNode:
    labels = one["metadata"].get("labels") or {}
    return FoundNode(name_of(one), labels.get(ZONE, ""), labels.get(NODE_GROUP))


def _runs_ack(deployment: Object) -> bool:
    containers = deployment["spec"]["template"]["spec"]["containers"]
    images = (one.get("image", "").partition("@")[0] for one in containers)
    return any(image.rpartition("/")[2].partition(":")[0] == ACK_IMAGE for image in images)


def _api(found: FoundCluster) -> Api:
    from pulumi_aws import eks  # noqa: PLC0415 (the rules are importable without the SDK)

    certificate = b64decode(found.certificate_authority).decode()
    authority = ssl.create_default_context(cadata=certificate)
    token = eks.get_cluster_auth(name=found.name).token
    return Api(found.endpoint, lambda: token, authority, TIMEOUT_SECONDS)
