"""Connection of each provider instance to its cluster."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock

from rehearsal.pulumi.providers.kubernetes import kubeconfig
from rehearsal.pulumi.providers.kubernetes.api import Unreachable
from rehearsal.pulumi.providers.kubernetes.cluster import Cluster
from rehearsal.pulumi.providers.kubernetes.configuration import Configuration
from rehearsal.pulumi.providers.server import ProviderError

# Instances of past updates are forgotten, the oldest first.
_MOST_INSTANCES = 256
_MOST_CLUSTERS = 16


class Connection:
    """Configured instance: its settings and its cluster."""

    def __init__(self, configuration: Configuration, cluster: Cluster | None, reason: str) -> None:
        self.configuration = configuration
        self._cluster = cluster
        self._reason = reason
        self._answered = False

    @property
    def cluster(self) -> Cluster:
        """Cluster of the instance, which has answered at least once.

        Raises:
            Unreachable: It has not answered; the text has the reason.
        """
        if self._cluster is None:
            raise Unreachable(self._reason)
        if not self._answered:
            try:
                self._cluster.api.request("GET", "/version")
            except Unreachable:
                raise
            except ProviderError as error:
                raise Unreachable(error) from error
            self._answered = True
        return self._cluster

    @property
    def reachable(self) -> bool:
        """True if the cluster answers, or has answered before."""
        try:
            return self.cluster is not None
        except Unreachable:
            return False

    @property
    def default_namespace(self) -> str:
        """Namespace of a namespaced object that names none."""
        own = self._cluster.access.namespace if self._cluster else ""
        return self.configuration.namespace or own or "default"


class Connections:
    """Connections of one server; instances with the same kubeconfig share a cluster."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._instances: OrderedDict[str, Connection] = OrderedDict()
        self._clusters: OrderedDict[str, Cluster] = OrderedDict()

    def configure(self, instance: str, configuration: Configuration) -> None:
        """Connect an instance; one whose kubeconfig leads nowhere is only unreachable."""
        with self._lock:
            try:
                connection = Connection(configuration, self._cluster(configuration), "")
            except ProviderError as error:
                connection = Connection(configuration, None, str(error))
            self._instances[instance] = connection
            while len(self._instances) > _MOST_INSTANCES:
                self._instances.popitem(last=False)

    def of(self, instance: str) -> Connection:
        """Return the connection of an instance; environment variables are its default."""
        if instance not in self._instances:
            self.configure(instance, Configuration.of({}))
        return self._instances[instance]

    def _cluster(self, configuration: Configuration) -> Cluster:
        if configuration.kubeconfig in (None, ""):
            raise ProviderError(
                "no kubeconfig is known; give kubernetes.Provider the kubeconfig of a cluster "
                "(in a preview it may only be known after the update)"
            )
        config = kubeconfig.load(configuration.kubeconfig)
        access = kubeconfig.active(config, configuration.context, configuration.cluster)
        if access.key not in self._clusters:
            self._clusters[access.key] = Cluster(access)
            while len(self._clusters) > _MOST_CLUSTERS:
                self._clusters.popitem(last=False)
        return self._clusters[access.key]
