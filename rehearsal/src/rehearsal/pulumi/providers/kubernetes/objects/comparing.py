"""Comparison of an object with new inputs, and the decision whether to replace it."""

from __future__ import annotations

from rehearsal.pulumi.providers.kubernetes import manifests
from rehearsal.pulumi.providers.kubernetes.awaits import pods
from rehearsal.pulumi.providers.kubernetes.call import Call
from rehearsal.pulumi.providers.kubernetes.cluster import View, kind_of
from rehearsal.pulumi.providers.kubernetes.difference import Changed, changes, dotted, not_ignored
from rehearsal.pulumi.providers.kubernetes.manifests import Manifest, name_of, namespace_of
from rehearsal.pulumi.providers.kubernetes.objects.replacement import IDENTITY, replacing_fields
from rehearsal.pulumi.providers.kubernetes.tokens import is_patch
from rehearsal.pulumi.providers.server import Difference, Kind

REPLACE_UNREADY = "pulumi.com/replaceUnready"


def diff(
    call: Call, old_inputs: Manifest, outputs: Manifest, news: Manifest, ignore: list[str]
) -> Difference:
    """Compare the known live values of the inputs' fields with the new inputs."""
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
    """Return True if the replacement needs the very name that the old object has."""
    return (
        manifests.annotation(new, manifests.AUTONAMED) != "true"
        and bool(name_of(new))
        and name_of(new) == name_of(live)
        and namespace_of(new) == namespace_of(live)
    )
