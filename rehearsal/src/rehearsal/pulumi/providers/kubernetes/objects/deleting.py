"""Deletion of an object, and the wait until it is gone."""

from __future__ import annotations

from rehearsal.pulumi.providers.kubernetes import manifests
from rehearsal.pulumi.providers.kubernetes.api import KEEP_OR_FORGET, ApiError, Unreachable
from rehearsal.pulumi.providers.kubernetes.awaits import kinds
from rehearsal.pulumi.providers.kubernetes.call import Call
from rehearsal.pulumi.providers.kubernetes.discovery import NotServed
from rehearsal.pulumi.providers.kubernetes.manifests import Manifest
from rehearsal.pulumi.providers.kubernetes.objects.ownership import manager_of
from rehearsal.pulumi.providers.kubernetes.objects.waiting import until_gone
from rehearsal.pulumi.providers.kubernetes.tokens import is_patch
from rehearsal.pulumi.providers.server import ProviderError

_PROPAGATION = "pulumi.com/deletionPropagationPolicy"
_SKIPPABLE_DELETES = {
    "Namespace", "Pod", "ReplicationController", "DaemonSet", "Deployment", "StatefulSet", "Job",
}  # fmt: skip


def delete(call: Call, inputs: Manifest, outputs: Manifest, timeout: float) -> None:
    """Delete an object and wait until it is gone.

    Raises:
        ProviderError: It is refused, or takes too long; the message names its finalizers.
    """
    live = manifests.from_pulumi(outputs)
    wanted = manifests.from_pulumi(inputs or outputs.get("__inputs") or {})
    try:
        cluster = call.cluster
    except Unreachable as error:
        return _delete_unreachable(call, error)
    try:
        if is_patch(call.type_):
            return _relinquish(call, wanted, live, outputs)
        cluster.delete(live, _propagation(wanted))
    except NotServed:
        return None
    except ApiError as error:
        if error.not_found:
            return None
        raise
    call.cluster.forget_kinds(live)
    if _waits_for_delete(wanted):
        until_gone(cluster, live, kinds.timeout_of(wanted, timeout, deleting=True), call.say)
    return None


def _propagation(inputs: Manifest) -> str:
    asked = manifests.annotation(inputs, _PROPAGATION).capitalize()
    return asked if asked in ("Orphan", "Background") else "Foreground"


def _waits_for_delete(inputs: Manifest) -> bool:
    skips = manifests.annotation(inputs, kinds.SKIP_AWAIT) == "true"
    return not (skips and inputs.get("kind") in _SKIPPABLE_DELETES)


def _relinquish(call: Call, inputs: Manifest, live: Manifest, outputs: Manifest) -> None:
    """Give up the fields that a Patch resource owns; the object stays."""
    metadata = {
        key: live["metadata"][key] for key in ("name", "namespace") if key in live["metadata"]
    }
    bare = {"apiVersion": live["apiVersion"], "kind": live["kind"], "metadata": metadata}
    manager = manager_of(call.urn, inputs, outputs, server_side=True)
    if call.cluster.get(bare) is not None:
        call.cluster.apply(bare, manager, force=False, dry_run=False)


def _delete_unreachable(call: Call, error: Unreachable) -> None:
    if not call.connection.configuration.delete_unreachable:
        raise ProviderError(f"{error}. {KEEP_OR_FORGET}") from error
    call.warn("the cluster is unreachable and `deleteUnreachable` is set: taken as deleted")
