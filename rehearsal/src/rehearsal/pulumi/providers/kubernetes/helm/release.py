"""Helm Release as a Pulumi resource."""

from __future__ import annotations

import hashlib
from typing import Any

from rehearsal.charts import CHARTS_VARIABLE
from rehearsal.pulumi.providers import taking_over
from rehearsal.pulumi.providers.kubernetes import manifests
from rehearsal.pulumi.providers.kubernetes.call import Call
from rehearsal.pulumi.providers.kubernetes.difference import Changed, changes, dotted, not_ignored
from rehearsal.pulumi.providers.kubernetes.helm import charts, command, stored
from rehearsal.pulumi.providers.kubernetes.helm.charts import Chart
from rehearsal.pulumi.providers.kubernetes.helm.command import HelmError
from rehearsal.pulumi.providers.kubernetes.helm.inputs import (
    completed,
    flags,
    merged,
    refusals,
    wait_flags,
)
from rehearsal.pulumi.providers.kubernetes.helm.stored import StoredRelease
from rehearsal.pulumi.providers.server import (
    UNKNOWN,
    Cancelled,
    Checked,
    Difference,
    Failure,
    Kind,
    Partial,
    ProviderError,
    Secret,
    autoname,
)

Release = dict[str, Any]

_URN_LABEL = "pulumi-urn"  # tells a release that this resource made from others of its name
_REFUSED = "Helm would have refused it: cannot reuse a name that is still in use"
_REPLACING = {"name", "namespace"}


def check(call: Call, olds: Release, news: Release, seed: bytes) -> Checked:
    """Complete a Release's inputs and find its chart."""
    failures = refusals(news)
    if failures:
        return Checked(news, failures)
    name = olds.get("name") or autoname(call.urn, seed)
    release = completed(news, str(name), call.connection.default_namespace)
    if UNKNOWN in (release["chart"], release.get("version"), release.get("repositoryOpts")):
        return Checked(release)
    try:
        chart = charts.resolve(release)
    except ProviderError as error:
        return Checked(release, [Failure("chart", str(error))])
    return Checked(release | ({"version": chart.version} if chart.version else {}))


def diff(old_inputs: Release, outputs: Release, news: Release, ignore: list[str]) -> Difference:
    """Compare the release as it was last seen with the new inputs."""
    base = manifests.pruned(_plain(outputs), _plain(old_inputs))
    found = not_ignored(changes(base, _plain(news)), ignore)
    detailed = {dotted(one.path): _kind(one) for one in found}
    return Difference(
        changes=bool(found),
        replaces=[path for path, kind in detailed.items() if kind.endswith("-replace")],
        changed=sorted({str(one.path[0]) for one in found}),
        detailed=detailed,
    )


def create(call: Call, inputs: Release, preview: bool) -> tuple[str, Release]:
    """Install a release.

    Raises:
        Partial: The release is installed but failed, and Helm keeps it.
        ProviderError: Nothing was installed.
    """
    if preview:
        return "", _previewed(inputs)
    return _id(inputs), _put(call, inputs, "upgrade" if _made_by(call, inputs) else "install")


def update(call: Call, inputs: Release, preview: bool) -> Release:
    """Upgrade a release.

    Raises:
        Partial: The release was upgraded but failed.
        ProviderError: The release was not upgraded.
    """
    if preview:
        return _previewed(inputs)
    _free(call, _latest(call, inputs))
    return _put(call, inputs, "upgrade")


def read(
    call: Call, id_: str, old_inputs: Release, outputs: Release
) -> tuple[str | None, Release, Release]:
    """Return the release as Helm stored it; an import takes its inputs from there."""
    namespace, name = manifests.parse_id(id_)
    namespace = namespace or call.connection.default_namespace
    found = stored.latest(call.cluster, namespace, name)
    if found is None or found.status == "uninstalled":
        return None, {}, {}
    inputs = old_inputs or _imported(found)
    known = inputs | {"values": outputs.get("values", inputs.get("values", {}))}
    return id_, inputs, _outputs(inputs, known, found)


def delete(call: Call, outputs: Release) -> None:
    """Uninstall a release and wait until its objects are gone, unless it was not awaited."""
    waits = wait_flags(outputs | ({"skipAwait": False} if outputs.get("atomic") else {}))
    namespace, name = str(outputs["namespace"]), str(outputs["name"])
    call.say(f"Uninstalling release {name}")
    with command.scratch() as folder:
        arguments = ["uninstall", name, "--namespace", namespace, "--ignore-not-found", *waits]
        command.run(arguments, call.cluster, folder)
    call.say("")


def _made_by(call: Call, release: Release) -> bool:
    """Return True if this very resource installed the release, in an update that was killed.

    Such a release is taken over, and is no longer pending afterwards.
    """
    found = _latest(call, release) if taking_over.allowed() else None
    if found is None or found.label(_URN_LABEL) != _digest(call):
        return False
    call.warn(taking_over.warning(_REFUSED))
    _free(call, found)
    return True


def _free(call: Call, found: StoredRelease | None) -> None:
    if found is not None and found.pending:
        stored.give_up(call.cluster, found)


def _latest(call: Call, release: Release) -> StoredRelease | None:
    return stored.latest(call.cluster, str(release["namespace"]), str(release["name"]))


def _digest(call: Call) -> str:
    return hashlib.sha256(call.urn.encode()).hexdigest()[:16]


def _put(call: Call, release: Release, verb: str) -> Release:
    chart = charts.resolve(release)
    _announce(call, release, chart, verb)
    try:
        with command.scratch() as folder:
            arguments = [verb, str(release["name"]), *chart.staged(folder)]
            arguments += flags(release, upgrade=verb == "upgrade")
            arguments += ["--labels", f"{_URN_LABEL}={_digest(call)}"]
            arguments += command.write_values(release.get("values") or {}, folder)
            command.run(arguments, call.cluster, folder)
    except (HelmError, Cancelled) as error:
        raise _failure(call, release, error) from error
    call.say("")
    found = _latest(call, release)
    if found is None:
        raise ProviderError(f"Helm release {_id(release)!r} vanished while it was installed")
    return _outputs(release, release, found)


def _announce(call: Call, release: Release, chart: Chart, verb: str) -> None:
    note = ""
    if chart.stand_in_for:
        note = f" (a stand-in made for {chart.stand_in_for}; {CHARTS_VARIABLE}=real takes it)"
    call.say(f"helm {verb} {release['name']}: chart {release['chart']} {chart.version}{note}")


def _failure(call: Call, release: Release, error: ProviderError) -> Exception:
    """Return the error for a failed command, with the failed release if there is one."""
    found = _latest(call, release)
    if found is None or found.status in ("deployed", "superseded", "uninstalled"):
        return ProviderError(f"Helm release {_id(release)!r}: {error}")
    reason = f"Helm release {_id(release)!r} failed to initialize completely"
    return Partial(_id(release), _outputs(release, release, found), [reason, str(error)])


def _outputs(inputs: Release, known: Release, found: StoredRelease) -> Release:
    return known | {
        "values": merged(known.get("values") or {}, found.values),
        "version": found.metadata["version"],
        "status": found.status_output(),
        "resourceNames": found.resource_names(),
        "__inputs": Secret(inputs),
    }


def _previewed(inputs: Release) -> Release:
    return inputs | {"status": UNKNOWN, "resourceNames": UNKNOWN, "__inputs": Secret(inputs)}


def _imported(found: StoredRelease) -> Release:
    chart = found.metadata
    inputs = {"chart": chart["name"], "version": chart["version"], "values": found.values}
    record = {"name": found.record["name"], "namespace": found.record["namespace"]}
    return completed(inputs | record, "", "")


def _plain(properties: Release) -> Release:
    ignored = ("resourceNames", "status", "manifest")
    own = {key: value for key, value in properties.items() if key not in ignored}
    return manifests.from_pulumi(own)


def _kind(changed: Changed) -> Kind:
    if str(changed.path[0]) in _REPLACING:
        return "update-replace"
    return changed.change


def _id(release: Release) -> str:
    return f"{release['namespace']}/{release['name']}"
