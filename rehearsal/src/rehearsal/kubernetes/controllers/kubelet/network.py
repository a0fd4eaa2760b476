"""Address of each pod, and the names by which pods find each other.

A pod that runs here listens on a loopback address of its own, so that two pods can serve on the
same port. Kubernetes allows no loopback address in an EndpointSlice, so the API shows another one,
from the range that is reserved for benchmarks (RFC 2544): 198.18.3.4 in the API is 127.18.3.4 on
this machine.

There is no cluster DNS. A name under a headless Service, and the address 0.0.0.0, are replaced in
a container's arguments and variables before its process starts. A name has its address before
its pod exists, so that pods that name each other may start in any order.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from rehearsal.kubernetes.controllers.kube import Kube, Object

SHOWN = "198.18"
LOCAL = "127.18"
_LABEL = r"[a-z0-9](?:[-a-z0-9]*[a-z0-9])?"
_EVERY_ADDRESS = re.compile(r"(?<![\w.])0\.0\.0\.0(?![\w.]|/\d)")
_SHOWN_ADDRESS = re.compile(rf"(?<![\w.]){re.escape(SHOWN)}(\.\d+\.\d+)(?![\w.])")
_HOSTS = 254
_NETWORKS = 256


@dataclass(frozen=True)
class Address:
    """Address of a pod."""

    number: int

    @property
    def shown(self) -> str:
        """Address that the Kubernetes API shows."""
        return f"{SHOWN}.{self._rest}"

    @property
    def local(self) -> str:
        """Loopback address on which the pod's processes listen."""
        return f"{LOCAL}.{self._rest}"

    @property
    def _rest(self) -> str:
        return f"{self.number // _HOSTS}.{self.number % _HOSTS + 1}"


class Addresses:
    """Allocator that gives each name an address and keeps it over a restart of the controllers.

    Args:
        file: JSON file that stores the addresses.
        environment: Number of the environment. The environments of one machine share its loopback
            addresses, so each starts to allocate at another offset.
    """

    def __init__(self, file: Path, environment: int = 0) -> None:
        self._file = file
        self._first = environment % _NETWORKS * _HOSTS
        self._lock = threading.Lock()
        self._numbers: dict[str, int] = json.loads(file.read_text()) if file.exists() else {}

    def of(self, name: str) -> Address:
        """Return the address of a name; allocate a free one if it has none yet."""
        with self._lock:
            if name not in self._numbers:
                taken = set(self._numbers.values())
                places = (self._first + step for step in range(len(taken) + 1))
                numbers = (place % (_NETWORKS * _HOSTS) for place in places)
                self._numbers[name] = next(number for number in numbers if number not in taken)
                self._save()
            return Address(self._numbers[name])

    def release(self, name: str) -> None:
        """Free the address of a name that no longer exists."""
        with self._lock:
            if self._numbers.pop(name, None) is not None:
                self._save()

    def _save(self) -> None:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        draft = self._file.with_suffix(".draft")
        draft.write_text(json.dumps(self._numbers))
        draft.replace(self._file)


def name_of(pod: Object) -> str:
    """Return the name under which a pod's address is kept.

    It is the DNS name if a headless Service gives the pod one, else the pod's UID. A pod with which
    a Job replaces another one therefore has the other's address.
    """
    spec, metadata = pod["spec"], pod["metadata"]
    if spec.get("hostname") and spec.get("subdomain"):
        return f"{spec['hostname']}.{spec['subdomain']}.{metadata['namespace']}"
    uid: str = metadata["uid"]
    return uid


@dataclass(frozen=True)
class Network:
    """Names and addresses that a pod's processes have to find."""

    addresses: Addresses
    own: Address
    namespace: str
    headless: frozenset[tuple[str, str]]
    """Namespace and name of each headless Service."""

    @classmethod
    def of(cls, kube: Kube, addresses: Addresses, pod: Object) -> Network:
        """Return the network of a pod."""
        own = addresses.of(name_of(pod))
        services = kube.find("Service")
        return cls(addresses, own, pod["metadata"]["namespace"], frozenset(_headless(services)))

    def rewrite(self, text: str) -> str:
        """Replace pods' names and addresses in a text by addresses of this machine."""
        text = _EVERY_ADDRESS.sub(self.own.local, text)
        text = _SHOWN_ADDRESS.sub(rf"{LOCAL}\1", text)
        for namespace, service in sorted(self.headless):
            if service in text:
                text = self._resolve(text, namespace, service)
        return text

    def _resolve(self, text: str, namespace: str, service: str) -> str:
        def address(match: re.Match[str]) -> str:
            return self.addresses.of(f"{match[1]}.{service}.{namespace}").local

        return self._names(namespace, service).sub(address, text)

    def _names(self, namespace: str, service: str) -> re.Pattern[str]:
        """Return the pattern of pods' names under a Service.

        The namespace is optional in a name within that namespace.
        """
        rest = rf"\.{re.escape(namespace)}(?:\.svc(?:\.cluster\.local)?)?"
        rest = f"(?:{rest})?" if namespace == self.namespace else rest
        begin = r"(?<![\w.-])(?:(?<=//)|(?<!/))"  # of a word or in a URL, not in a path
        return re.compile(rf"{begin}({_LABEL})\.{re.escape(service)}{rest}(?![\w-]|\.\w)")


def _headless(services: Iterable[Object]) -> Iterable[tuple[str, str]]:
    for service in services:
        if service["spec"].get("clusterIP") == "None":
            yield service["metadata"]["namespace"], service["metadata"]["name"]
