"""Facts about the claims that an update would delete, asked of the running cluster.

Asked only when the stack's state says that there are such claims, so that an update which leaves
the storage alone asks nothing.
"""

from __future__ import annotations

import ssl
from base64 import b64decode
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from settings.deployed import Deployed
from teardown.api import Api, ApiError
from teardown.held import Storage, controller, id_of
from teardown.remains import look, owners

TIMEOUT_SECONDS = 5.0
DRIVERS = {"efs": "efs.csi.aws.com", "fsx": "fsx.csi.aws.com"}
"""Name of the CSI driver of each back end."""

BUILT_IN = frozenset({"default", "kube-system", "kube-public", "kube-node-lease"})
"""Namespaces of every cluster, which no stack deletes."""

SCALED = ("Deployment", "StatefulSet", "ReplicaSet", "ReplicationController")
"""Kinds whose pods go when they are scaled to none, and come back afterwards."""


class ClusterUnknownError(Exception):
    """The running cluster did not answer."""


@dataclass(frozen=True)
class Leaving:
    """Claims that an update deletes."""

    claims: Collection[tuple[str, str]] = frozenset()
    """Namespace and name of claims of the stack's own."""
    driver: str | None = None
    """CSI driver that goes with all it has made; None when it stays."""
    namespaces: Collection[str] = frozenset()
    """Namespaces that go with all that is in them."""

    def __bool__(self) -> bool:
        """Return whether an update deletes any."""
        return bool(self.claims)


@dataclass(frozen=True)
class Use:
    """A user's object that is in the way."""

    what: str
    """Kind and name, with the namespace: `Deployment ml/notebook`."""
    claim: str
    """Namespace and name of the claim."""
    free: str
    """The command that frees the claim."""
    holds: bool
    """Whether pods mount the claim; else the claim is a user's own."""


Ask = Callable[[Deployed, Leaving], list[Use]]


def ask(deployed: Deployed, leaving: Leaving) -> list[Use]:
    """Return what users have on the claims that go.

    Raises:
        ClusterUnknownError: AWS or the API server does not answer, or refuses.
    """
    try:
        api = _api(deployed)
        return in_use(api, look(api), deployed, leaving)
    except Exception as error:  # the SDK raises a bare Exception when an invoke fails
        raise ClusterUnknownError(" ".join(str(error).split())) from error


def in_use(api: Api, storage: Storage, deployed: Deployed, leaving: Leaving) -> list[Use]:
    """Return the pods of others on claims that go, and the claims of others that go."""
    others = [
        one
        for one in storage.claims
        if id_of(one) not in deployed.claims and id_of(one)[0] in leaving.namespaces
    ]
    if leaving.driver:
        others += [
            one
            for one in storage.claims_of([leaving.driver])
            if id_of(one) not in deployed.claims and one not in others
        ]
    ours = [one for one in storage.claims if id_of(one) in leaving.claims]
    found = {}
    for claim in [*ours, *others]:
        for pod in storage.holders([claim]):
            use = _of_pod(api, pod, "/".join(id_of(claim)))
            if tuple(use.what.replace("/", " ").split(" ")) not in deployed.workloads:
                found[use.what, use.claim] = use
    return [*found.values(), *map(_of_claim, others)]


def _of_pod(api: Api, pod: dict[str, Any], claim: str) -> Use:
    """The use that a pod makes of a claim, by what makes the pod again."""
    namespace, name = id_of(pod)
    kind, free = "Pod", f"kubectl -n {namespace} delete pod {name}"
    for owner in owners(api, [pod]):
        if owner.kind == "CronJob":
            break  # its next Job comes later; this one is in the way
        kind, name = owner.kind, owner.name
        free = f"kubectl -n {namespace} delete {kind.lower()} {name}"
        if kind in SCALED:
            free = f"kubectl -n {namespace} scale {kind.lower()} {name} --replicas=0"
    if kind == "Pod" and (reference := controller(pod)):  # an operator's
        kind, name = reference["kind"], reference["name"]
        group = reference["apiVersion"].rpartition("/")[0]
        free = f"kubectl -n {namespace} delete {kind.lower()}.{group} {name}"
    return Use(f"{kind} {namespace}/{name}", claim, free, holds=True)


def _of_claim(claim: dict[str, Any]) -> Use:
    namespace, name = id_of(claim)
    where = f"{namespace}/{name}"
    free = f"kubectl -n {namespace} delete persistentvolumeclaim {name}"
    return Use(f"PersistentVolumeClaim {where}", where, free, holds=False)


def _api(deployed: Deployed) -> Api:
    """The API of the stack's cluster, called with the stack's own credentials."""
    from pulumi_aws import eks  # noqa: PLC0415 (the rules are importable without the SDK)

    outputs = deployed.cluster
    if outputs is None:
        raise ApiError(0, "there is no cluster")
    authority = ssl.create_default_context(cadata=_pem(outputs["certificateAuthority"]["data"]))
    token = eks.get_cluster_auth(name=str(outputs["name"])).token
    return Api(str(outputs["endpoint"]), lambda: token, authority, TIMEOUT_SECONDS)


def _pem(data: str) -> str:
    """A certificate authority as EKS gives it, decoded."""
    return b64decode(data).decode()
