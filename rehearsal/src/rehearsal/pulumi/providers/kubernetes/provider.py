"""Provider for kubernetes, which passes each call of the engine to the module that answers it."""

# ruff: noqa: PLR0913, PLR0917 - the arguments are the protocol's own

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from rehearsal.pulumi.providers.kubernetes import kubeconfig
from rehearsal.pulumi.providers.kubernetes.call import Call
from rehearsal.pulumi.providers.kubernetes.configuration import Configuration, refusals
from rehearsal.pulumi.providers.kubernetes.connections import Connections
from rehearsal.pulumi.providers.kubernetes.helm import release
from rehearsal.pulumi.providers.kubernetes.objects import (
    changing,
    checking,
    comparing,
    deleting,
    reading,
)
from rehearsal.pulumi.providers.kubernetes.tokens import HELM_RELEASE
from rehearsal.pulumi.providers.server import (
    UNKNOWN,
    Checked,
    Difference,
    ProviderError,
    ResourceProvider,
)

Properties = dict[str, Any]

_CLUSTER_INPUTS = ("kubeconfig", "context", "cluster")


class KubernetesProvider(ResourceProvider):
    """Provider of any Kubernetes kind, by its type token, and of Helm releases."""

    name = "kubernetes"
    version = "4.34.2"

    def __init__(self) -> None:
        self._connections = Connections()

    def check_config(self, urn: str, olds: Properties, news: Properties) -> Checked:  # noqa: ARG002
        """Refuse inputs that kubernetes.Provider does not have or that are not emulated."""
        return Checked(news, refusals(news))

    def diff_config(self, urn: str, olds: Properties, news: Properties) -> Difference:
        """Replace the provider when its cluster changes, as far as that is known."""
        difference = super().diff_config(urn, olds, news)
        return Difference(difference.changes, _replacing(olds, news), difference.changed)

    def configure(self, instance: str, inputs: Properties) -> None:
        """Connect an instance to the cluster of its kubeconfig."""
        self._connections.configure(instance, Configuration.of(inputs))

    def check(
        self, instance: str, urn: str, type_: str, olds: Properties, news: Properties, seed: bytes
    ) -> Checked:
        """Complete inputs: kind, name, namespace; a Release's chart and timeout."""
        call = self._call(instance, urn, type_)
        configuration = call.connection.configuration
        if olds and configuration.skip_update_unreachable and not call.connection.reachable:
            call.warn("the cluster is unreachable and `skipUpdateUnreachable` is set: skipped")
            return Checked(olds)
        if type_ == HELM_RELEASE:
            return release.check(call, olds, news, seed)
        return checking.check(call, olds, news, seed)

    def diff(
        self,
        instance: str,
        urn: str,
        type_: str,
        id_: str,  # noqa: ARG002
        old_inputs: Properties,
        old_outputs: Properties,
        news: Properties,
        ignore_changes: list[str],
    ) -> Difference:
        """Compare what was last seen of the resource with its new inputs."""
        olds = old_inputs or old_outputs.get("__inputs") or {}
        if type_ == HELM_RELEASE:
            return release.diff(olds, old_outputs, news, ignore_changes)
        call = self._call(instance, urn, type_)
        return comparing.diff(call, olds, old_outputs, news, ignore_changes)

    def create(
        self, instance: str, urn: str, type_: str, inputs: Properties, timeout: float, preview: bool
    ) -> tuple[str, Properties]:
        """Create an object or install a release, and wait until it is ready."""
        call = self._call(instance, urn, type_)
        if type_ == HELM_RELEASE:
            return release.create(call, inputs, preview)
        return changing.create(call, inputs, timeout, preview)

    def read(
        self,
        instance: str,
        urn: str,
        type_: str,
        id_: str,
        old_inputs: Properties,
        old_outputs: Properties,
    ) -> tuple[str | None, Properties, Properties]:
        """Return the live object, or the release as Helm stored it."""
        call = self._call(instance, urn, type_)
        if type_ == HELM_RELEASE:
            return release.read(call, id_, old_inputs, old_outputs)
        return reading.read(call, id_, old_inputs, old_outputs)

    def update(
        self,
        instance: str,
        urn: str,
        type_: str,
        id_: str,  # noqa: ARG002
        old_inputs: Properties,  # noqa: ARG002
        old_outputs: Properties,
        news: Properties,
        timeout: float,
        preview: bool,
    ) -> Properties:
        """Change an object or upgrade a release, and wait until it is ready."""
        call = self._call(instance, urn, type_)
        if type_ == HELM_RELEASE:
            return release.update(call, news, preview)
        return changing.update(call, old_outputs, news, timeout, preview)

    def delete(
        self,
        instance: str,
        urn: str,
        type_: str,
        id_: str,  # noqa: ARG002
        inputs: Properties,
        outputs: Properties,
        timeout: float,
    ) -> None:
        """Delete an object or uninstall a release, and wait until it is gone."""
        call = self._call(instance, urn, type_)
        if type_ == HELM_RELEASE:
            return release.delete(call, outputs)
        return deleting.delete(call, inputs, outputs, timeout)

    def _call(self, instance: str, urn: str, type_: str) -> Call:
        return Call(
            connection=self._connections.of(instance),
            urn=urn,
            type_=type_,
            say=_once(partial(self.log_status, instance, urn)),
            warn=partial(self.log_warning, instance, urn),
        )


def _once(say: Callable[[str], None]) -> Callable[[str], None]:
    """Return a function that says a status line only if it is new, since each is a call."""
    last = ""

    def say_new(message: str) -> None:
        nonlocal last
        if message != last:
            last = message
            say(message)

    return say_new


def _replacing(olds: Properties, news: Properties) -> list[str]:
    """Return the inputs whose change replaces the provider, and so everything in its cluster."""
    if news.get("clusterIdentifier") and olds.get("clusterIdentifier"):
        same = news["clusterIdentifier"] == olds["clusterIdentifier"]
        return [] if same else ["clusterIdentifier"]
    unknown = [key for key in _CLUSTER_INPUTS if news.get(key) is UNKNOWN]
    if unknown:
        return unknown[:1]
    old, new = _active_cluster(olds), _active_cluster(news)
    if old is None or new is None or old == new:
        return []
    return [key for key in _CLUSTER_INPUTS if olds.get(key) != news.get(key)]


def _active_cluster(inputs: Properties) -> Any:
    given = Configuration.of(inputs)
    if not given.kubeconfig:
        return None
    try:
        return kubeconfig.active(
            kubeconfig.load(given.kubeconfig), given.context, given.cluster
        ).cluster
    except ProviderError:
        return None
