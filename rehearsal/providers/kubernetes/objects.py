"""Any Kubernetes object as a Pulumi resource: its inputs checked, compared and read back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from rehearsal.providers.edge import (
    Checked,
    Difference,
    Kind,
    Partial,
    ProviderError,
    autoname,
    contains_unknowns,
)
from rehearsal.providers.kubernetes import manifests
from rehearsal.providers.kubernetes.awaits import kinds, pods
from rehearsal.providers.kubernetes.cluster import Cluster, View, kind_of
from rehearsal.providers.kubernetes.connections import Connection
from rehearsal.providers.kubernetes.difference import Changed, changes, dotted, not_ignored
from rehearsal.providers.kubernetes.discovery import NotServed
from rehearsal.providers.kubernetes.manifests import Manifest, field, name_of, namespace_of
from rehearsal.providers.kubernetes.ownership import CLIENT_SIDE, manager_of
from rehearsal.providers.kubernetes.replacement import IDENTITY, replacing_fields
from rehearsal.providers.kubernetes.scopes import assumed_namespaced
from rehearsal.providers.kubernetes.tokens import is_patch, kind_of_token

MANAGED_BY = "app.kubernetes.io/managed-by"
REPLACE_UNREADY = "pulumi.com/replaceUnready"
# Kinds whose readiness a refresh looks at again.
_JUDGED_WHEN_READ = {"DaemonSet", "Deployment", "Ingress", "Job", "Pod", "Service", "StatefulSet"}


@dataclass(frozen=True)
class Call:
    """One call of the engine: for which resource, over which connection, told to whom."""

    connection: Connection
    urn: str
    type_: str
    say: Callable[[str], None]
    warn: Callable[[str], None]

    @property
    def cluster(self) -> Cluster:
        """The cluster of the connection; raises `Unreachable` if it does not answer."""
        return self.connection.cluster

    @property
    def server_side(self) -> bool:
        """Whether the provider applies server-side (its default)."""
        return self.connection.configuration.server_side_apply


def checkpoint(inputs: Manifest, live: Manifest, manager: str) -> Manifest:
    """The outputs of a resource: the live object, and what the next update needs to know."""
    return manifests.to_pulumi(live) | {
        "__inputs": manifests.to_pulumi(inputs),
        "__initialApiVersion": inputs.get("apiVersion", ""),
        "__fieldManager": manager,
    }


def check(call: Call, olds: Manifest, news: Manifest, seed: bytes) -> Checked:
    """Completes inputs: kind, name and namespace.

    Raises:
        ProviderError: for inputs that pulumi-kubernetes refuses.
    """
    kind = kind_of_token(call.type_)
    inputs: Manifest = {"apiVersion": kind.api_version, "kind": kind.kind}
    inputs |= manifests.from_pulumi(news)
    _check_patch(call, inputs)
    if isinstance(inputs.setdefault("metadata", {}), dict):
        _name(call, inputs, manifests.from_pulumi(olds), seed)
        if not call.server_side and (not olds or field(olds, "metadata", "labels", MANAGED_BY)):
            _label(inputs)
        if namespaced(call, inputs) and not inputs["metadata"].get("namespace"):
            inputs["metadata"]["namespace"] = call.connection.default_namespace
    if not contains_unknowns(inputs):
        inputs = manifests.normalized(inputs)
    return Checked(manifests.to_pulumi(inputs))


def namespaced(call: Call, inputs: Manifest) -> bool:
    """Whether an object lives in a namespace, as the server says or as far as is known."""
    if call.connection.reachable:
        try:
            return call.cluster.resource(inputs).namespaced
        except NotServed:
            pass
    return assumed_namespaced(kind_of(inputs))


def diff(
    call: Call, old_inputs: Manifest, outputs: Manifest, news: Manifest, ignore: list[str]
) -> Difference:
    """Compares what is known to be live, of what the inputs speak of, with the new inputs."""
    live = manifests.from_pulumi(outputs)
    old = manifests.normalized(manifests.from_pulumi(old_inputs))
    new = manifests.normalized(manifests.from_pulumi(news))
    base = manifests.pruned(manifests.normalized(live), old)
    found = not_ignored(changes(base, new), ignore)
    fields = _replacing_fields(call, new)
    detailed = {dotted(one.path): _kind(one, fields) for one in found}
    replaces = [path for path, kind in detailed.items() if kind.endswith("-replace")]
    if _replaces_unready(call, new, live):
        replaces.append(f'metadata.annotations["{REPLACE_UNREADY}"]')
    return Difference(
        changes=bool(detailed or replaces),
        replaces=replaces,
        changed=sorted({str(one.path[0]) for one in found}),
        detailed=detailed,
        delete_before_replace=bool(replaces) and _keeps_its_name(new, live),
    )


def read(
    call: Call, id_: str, old_inputs: Manifest, outputs: Manifest
) -> tuple[str | None, Manifest, Manifest]:
    """The live object, with inputs that show where it drifted.

    Raises:
        Partial: for a workload that exists but is not ready.
        ProviderError: if the cluster can't be asked.
    """
    if not call.connection.reachable:
        return _unreachable(call, id_, old_inputs, outputs)
    wanted = manifests.from_pulumi(old_inputs) or _identity(call, id_)
    live = call.cluster.get(wanted)
    if live is None:
        return None, {}, {}
    imported = not old_inputs
    inputs = _own_fields(live) if imported else manifests.pruned(live, manifests.normalized(wanted))
    manager = manager_of(inputs, outputs, server_side=call.server_side)
    state = checkpoint(inputs, live, manager)
    if not imported:
        _refuse_unready(call, id_, live, inputs, state)
    return id_, manifests.to_pulumi(inputs), state


def _check_patch(call: Call, inputs: Manifest) -> None:
    if is_patch(call.type_) and not call.server_side:
        raise ProviderError(
            "patch resources require Server-Side Apply mode, which is enabled using the "
            "`enableServerSideApply` Provider config"
        )
    if is_patch(call.type_) and not field(inputs, "metadata", "name"):
        raise ProviderError("patch resources require the `.metadata.name` field to be set")


def _name(call: Call, inputs: Manifest, olds: Manifest, seed: bytes) -> None:
    metadata = inputs["metadata"]
    if metadata.get("name"):
        return
    if metadata.get("generateName"):
        if call.server_side:
            raise ProviderError(
                "the `.metadata.generateName` field is not supported in Server-Side Apply mode"
            )
        return
    kept = name_of(olds) if manifests.annotation(olds, manifests.AUTONAMED) == "true" else ""
    metadata["name"] = kept or autoname(call.urn, seed)
    manifests.annotate(inputs, manifests.AUTONAMED, "true")


def _label(inputs: Manifest) -> None:
    labels = inputs["metadata"].setdefault("labels", {})
    if isinstance(labels, dict):
        labels.setdefault(MANAGED_BY, "pulumi")


def _replacing_fields(call: Call, new: Manifest) -> tuple[str, ...]:
    if is_patch(call.type_):
        return IDENTITY
    configuration = call.connection.configuration
    return replacing_fields(
        kind_of(new),
        new,
        config_map_mutable=configuration.config_map_mutable,
        secret_mutable=configuration.secret_mutable,
    )


def _kind(changed: Changed, replacing: tuple[str, ...]) -> Kind:
    replaces = any(changed.within(pattern) for pattern in replacing)
    kinds_: dict[tuple[str, bool], Kind] = {
        ("add", True): "add-replace",
        ("delete", True): "delete-replace",
        ("update", True): "update-replace",
        ("add", False): "add",
        ("delete", False): "delete",
    }
    return kinds_.get((changed.change, replaces), "update")


def _replaces_unready(call: Call, new: Manifest, live: Manifest) -> bool:
    if manifests.annotation(new, REPLACE_UNREADY) != "true" or not call.connection.reachable:
        return False
    if new.get("kind") != "Job":
        call.warn("replaceUnready annotation is not supported for this resource")
        return False
    now = call.cluster.get(live)
    return now is not None and not pods.job(now, View(call.cluster)).ready


def _keeps_its_name(new: Manifest, live: Manifest) -> bool:
    """Whether the replacement needs the very name that the old object has."""
    return (
        manifests.annotation(new, manifests.AUTONAMED) != "true"
        and bool(name_of(new))
        and name_of(new) == name_of(live)
        and namespace_of(new) == namespace_of(live)
    )


def _identity(call: Call, id_: str) -> Manifest:
    """The least manifest that an id stands for."""
    kind = kind_of_token(call.type_)
    namespace, name = manifests.parse_id(id_)
    metadata = {"name": name} | ({"namespace": namespace} if namespace else {})
    return {"apiVersion": kind.api_version, "kind": kind.kind, "metadata": metadata}


def _own_fields(live: Manifest) -> Manifest:
    """What of a live object a program could have written, for an import."""
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
    call: Call, id_: str, old_inputs: Manifest, outputs: Manifest
) -> tuple[str | None, Manifest, Manifest]:
    configuration = call.connection.configuration
    if configuration.delete_unreachable:
        call.warn("the cluster is unreachable and `deleteUnreachable` is set: taken as deleted")
        return None, {}, {}
    if configuration.skip_update_unreachable:
        call.warn("the cluster is unreachable and `skipUpdateUnreachable` is set: left as it was")
        return id_, old_inputs, outputs
    call.cluster.api.request("GET", "/version")  # says why it is unreachable
    raise ProviderError(f"{CLIENT_SIDE}: the cluster answered only now; run it again")
