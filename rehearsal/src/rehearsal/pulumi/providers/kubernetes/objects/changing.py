"""Creation and update of an object, and the wait until it is ready."""

from __future__ import annotations

from collections.abc import Callable

from rehearsal.pulumi.providers import taking_over
from rehearsal.pulumi.providers.kubernetes import manifests
from rehearsal.pulumi.providers.kubernetes.api import ApiError
from rehearsal.pulumi.providers.kubernetes.awaits import kinds
from rehearsal.pulumi.providers.kubernetes.call import Call, checkpoint
from rehearsal.pulumi.providers.kubernetes.cluster import kind_of
from rehearsal.pulumi.providers.kubernetes.discovery import NotServed
from rehearsal.pulumi.providers.kubernetes.manifests import Manifest
from rehearsal.pulumi.providers.kubernetes.objects.ownership import (
    PATCH_FORCE,
    made_by,
    manager_of,
    taken_over,
)
from rehearsal.pulumi.providers.kubernetes.objects.waiting import NotReady, Wait
from rehearsal.pulumi.providers.kubernetes.tokens import is_patch
from rehearsal.pulumi.providers.server import (
    Partial,
    ProviderError,
    contains_unknowns,
    pause,
    urn_name,
)

# Seconds between attempts: a namespace or a kind may come a moment after what needs it.
_RETRIES = (0.1, 0.2, 0.4, 0.8, 1.5, 3, 6)
_TAKE_OVER_TRIES = 5
_REFUSED = "pulumi-kubernetes would have refused it with AlreadyExists"
_EXISTS = """
The resource already exists in the cluster. This can happen when:
  - Renaming a Pulumi resource: use an alias to keep its identity, or deleteBeforeReplace.
  - Managing an existing resource: use a Patch resource (such as NamespacePatch).
  - Adopting a resource into Pulumi: use `pulumi import`.
  - Intentional upsert: set upsertExistingObjects on the provider."""


def create(call: Call, properties: Manifest, timeout: float, preview: bool) -> tuple[str, Manifest]:
    """Create an object, wait until it is ready, and return its id and outputs.

    Raises:
        Partial: The object was created but did not become ready.
        ProviderError: The object was not created.
    """
    inputs = manifests.from_pulumi(properties)
    if preview and not _previewable(call, inputs, creating=True):
        return "", properties
    judge = kinds.judgement_of(inputs)  # before anything is made: it may be refused
    manager = manager_of(call.urn, inputs, {}, server_side=call.server_side)
    try:
        live = _retried(call, lambda: _made(call, inputs, manager, preview), preview=preview)
    except ApiError as error:
        if preview and (error.code in (403, 409) or error.namespace_missing):
            return "", properties
        live = _adopted(call, inputs, manager, error)
    if preview:
        live.pop("status", None)
        return "", checkpoint(inputs, live, manager)
    call.cluster.forget_kinds(inputs)
    wait = Wait(call.cluster, live, judge)
    live = _ready(call, inputs, wait, manager, timeout, "was created but is not ready")
    return manifests.object_id(live), checkpoint(inputs, live, manager)


def update(
    call: Call, outputs: Manifest, properties: Manifest, timeout: float, preview: bool
) -> Manifest:
    """Change an object in place, wait until it is ready, and return its outputs.

    Raises:
        Partial: The object was changed but did not become ready.
        ProviderError: The object was not changed.
    """
    inputs = manifests.normalized(manifests.from_pulumi(properties))
    if preview and not _previewable(call, inputs, creating=False):
        return properties
    judge = kinds.judgement_of(inputs)
    manager = manager_of(call.urn, inputs, outputs, server_side=call.server_side)
    try:
        live = _changed(call, outputs, inputs, manager, preview)
    except ApiError as error:
        if preview and error.code == 403:
            return properties
        raise ProviderError(f"update of {manifests.object_id(inputs)} failed: {error}") from error
    if not preview:
        call.cluster.forget_kinds(inputs)
        wait = Wait(call.cluster, live, judge)
        live = _ready(call, inputs, wait, manager, timeout, "was updated but is not ready")
    return checkpoint(inputs, live, manager)


def _previewable(call: Call, inputs: Manifest, *, creating: bool) -> bool:
    """Return True if a dry run can add something to the inputs."""
    if contains_unknowns(inputs) or (creating and (is_patch(call.type_) or not call.server_side)):
        return False
    return call.connection.reachable and call.cluster.discovery.serves(kind_of(inputs))


def _made(call: Call, inputs: Manifest, manager: str, preview: bool) -> Manifest:
    if call.server_side and (call.connection.configuration.upsert or is_patch(call.type_)):
        force = preview or _forces(call, inputs)
        return call.cluster.apply(inputs, manager, force=force, dry_run=preview)
    return call.cluster.create(inputs, manager, dry_run=preview)


def _adopted(call: Call, inputs: Manifest, manager: str, error: ApiError) -> Manifest:
    """Return the existing object, if this very resource made it before the engine was killed.

    Raises:
        ProviderError: The object is another's, or nothing is taken over; nothing was created.
    """
    exists = error.reason == "AlreadyExists" and taking_over.allowed()
    live = call.cluster.get(inputs) if exists else None
    if live is None or not made_by(live, manager):
        raise _not_created(call, error) from error
    call.warn(taking_over.warning(_REFUSED))
    return _changed(call, live, inputs, manager, preview=False)


def _retried(call: Call, make: Callable[[], Manifest], *, preview: bool) -> Manifest:
    """Create an object; try again after a while if its namespace or kind is still missing."""
    for number, seconds in enumerate(() if preview else _RETRIES):
        try:
            return make()
        except NotServed as error:
            reason: ProviderError = error
        except ApiError as error:
            if not error.not_found:
                raise
            reason = error
        call.say(f"Retry #{number}; creation failed: {reason}")
        pause(seconds)
    return make()


def _changed(
    call: Call, outputs: Manifest, inputs: Manifest, manager: str, preview: bool
) -> Manifest:
    cluster = call.cluster
    live = cluster.get(manifests.from_pulumi(outputs))
    if live is None:
        raise ProviderError(
            f"update of {manifests.object_id(inputs)} failed: it is no longer in the cluster; "
            "run `pulumi refresh` so that it is created again"
        )
    if inputs.get("kind") == "CustomResourceDefinition":
        versioned = live["metadata"]["resourceVersion"]
        put = inputs | {"metadata": inputs["metadata"] | {"resourceVersion": versioned}}
        return cluster.replace(put, manager, dry_run=preview)
    if not call.server_side:
        before = manifests.from_pulumi(outputs.get("__inputs") or {})
        return cluster.merge(inputs, _merge_patch(before, inputs), manager, dry_run=preview)
    if not preview and not is_patch(call.type_):
        _take_over(call, live, manager)
    force = _forces(call, inputs) or (preview and taken_over(live, manager) is not None)
    return cluster.apply(inputs, manager, force=force, dry_run=preview)


def _take_over(call: Call, live: Manifest, manager: str) -> None:
    """Give the fields to `manager`; try again if the object changed in the meantime."""
    for _ in range(_TAKE_OVER_TRIES):
        entries = taken_over(live, manager)
        if entries is None:
            return
        version = live["metadata"]["resourceVersion"]
        operations = [
            {"op": "replace", "path": "/metadata/managedFields", "value": entries},
            {"op": "replace", "path": "/metadata/resourceVersion", "value": version},
        ]
        try:
            live = call.cluster.patch(live, operations)
        except ApiError as error:
            if error.code != 409:
                raise
            live = call.cluster.get(live) or live


def _merge_patch(before: Manifest, after: Manifest) -> Manifest:
    """Return the JSON merge patch (RFC 7386) that makes `before` into `after`."""
    patch: Manifest = {key: None for key in before if key not in after}
    for key, value in after.items():
        old = before.get(key)
        patch[key] = (
            _merge_patch(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
        )
    return patch


def _ready(  # noqa: PLR0913, PLR0917 - the state that a partial result carries
    call: Call, inputs: Manifest, wait: Wait, manager: str, timeout: float, otherwise: str
) -> Manifest:
    try:
        ready = wait.until_ready(kinds.timeout_of(inputs, timeout), call.say)
    except NotReady as unready:
        id_ = manifests.object_id(unready.live)
        reasons = [f"{kind_of(inputs).kind} {id_} {otherwise}", *unready.reasons]
        raise Partial(id_, checkpoint(inputs, unready.live, manager), reasons) from unready
    call.say("")
    for warning in wait.progress.warnings:
        call.warn(warning)
    return ready


def _forces(call: Call, inputs: Manifest) -> bool:
    annotated = manifests.annotation(inputs, PATCH_FORCE) == "true"
    return annotated or call.connection.configuration.patch_force


def _not_created(call: Call, error: ApiError) -> ProviderError:
    hint = _EXISTS if error.reason == "AlreadyExists" else ""
    return ProviderError(
        f"resource {urn_name(call.urn)!r} was not successfully created by the Kubernetes API "
        f"server: {error}{hint}"
    )
