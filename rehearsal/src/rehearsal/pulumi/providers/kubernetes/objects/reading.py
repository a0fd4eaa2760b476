"""Reading of an object, for a refresh or an import."""

from __future__ import annotations

from rehearsal.pulumi.providers.kubernetes import manifests
from rehearsal.pulumi.providers.kubernetes.api import KEEP_OR_FORGET, Unreachable
from rehearsal.pulumi.providers.kubernetes.awaits import kinds
from rehearsal.pulumi.providers.kubernetes.call import Call, checkpoint
from rehearsal.pulumi.providers.kubernetes.cluster import View
from rehearsal.pulumi.providers.kubernetes.manifests import Manifest, field
from rehearsal.pulumi.providers.kubernetes.objects.ownership import manager_of
from rehearsal.pulumi.providers.kubernetes.tokens import kind_of_token
from rehearsal.pulumi.providers.server import Partial, ProviderError

# Kinds whose readiness a refresh checks again.
_JUDGED_WHEN_READ = {"DaemonSet", "Deployment", "Ingress", "Job", "Pod", "Service", "StatefulSet"}


def read(
    call: Call, id_: str, old_inputs: Manifest, outputs: Manifest
) -> tuple[str | None, Manifest, Manifest]:
    """Return the live object, with inputs that show its drift.

    Raises:
        Partial: The object is a workload that exists but is not ready.
        ProviderError: The cluster cannot be asked.
    """
    try:
        cluster = call.cluster
    except Unreachable as error:
        return _unreachable(call, id_, old_inputs, outputs, error)
    wanted = manifests.from_pulumi(old_inputs) or _identity(call, id_)
    live = cluster.get(wanted)
    if live is None:
        return None, {}, {}
    imported = not old_inputs
    inputs = _own_fields(live) if imported else manifests.pruned(live, manifests.normalized(wanted))
    manager = manager_of(call.urn, inputs, outputs, server_side=call.server_side)
    state = checkpoint(inputs, live, manager)
    if not imported:
        _refuse_unready(call, id_, live, inputs, state)
    return id_, manifests.to_pulumi(inputs), state


def _identity(call: Call, id_: str) -> Manifest:
    """Return the smallest manifest that an id stands for."""
    kind = kind_of_token(call.type_)
    namespace, name = manifests.parse_id(id_)
    metadata = {"name": name} | ({"namespace": namespace} if namespace else {})
    return {"apiVersion": kind.api_version, "kind": kind.kind, "metadata": metadata}


def _own_fields(live: Manifest) -> Manifest:
    """Return the fields of a live object that a program could have written, for an import."""
    inputs = manifests.normalized(live)
    inputs.pop("status", None)
    annotations = field(inputs, "metadata", "annotations") or {}
    for key in (manifests.LAST_APPLIED, "deployment.kubernetes.io/revision"):
        annotations.pop(key, None)
    return inputs


def _refuse_unready(
    call: Call, id_: str, live: Manifest, inputs: Manifest, state: Manifest
) -> None:
    if live.get("kind") not in _JUDGED_WHEN_READ:
        return
    if manifests.annotation(inputs, kinds.SKIP_AWAIT) == "true":
        return
    progress = kinds.judgement_of(live)(live, View(call.cluster))
    if not progress.ready:
        reasons = progress.problems or [progress.message]
        raise Partial(id_, state, reasons, manifests.to_pulumi(inputs))


def _unreachable(
    call: Call, id_: str, old_inputs: Manifest, outputs: Manifest, error: Unreachable
) -> tuple[str | None, Manifest, Manifest]:
    configuration = call.connection.configuration
    if configuration.delete_unreachable:
        call.warn("the cluster is unreachable and `deleteUnreachable` is set: taken as deleted")
        return None, {}, {}
    if configuration.skip_update_unreachable:
        call.warn("the cluster is unreachable and `skipUpdateUnreachable` is set: left as it was")
        return id_, old_inputs, outputs
    raise ProviderError(f"{error}. {KEEP_OR_FORGET}") from error
