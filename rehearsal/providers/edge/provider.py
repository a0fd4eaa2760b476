"""What a provider is: the methods it has and the answers it gives, in plain Python.

`instance` is the key of one configured provider: a program may declare several of a kind (one
a region, one a cluster), and one server serves them all, each on a connection of its own.
"""

# ruff: noqa: PLR0913, PLR0917 - the arguments are the protocol's own

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, Literal

Properties = dict[str, Any]
Kind = Literal["add", "add-replace", "delete", "delete-replace", "update", "update-replace"]


class Severity(IntEnum):
    """How loud a message of the provider is."""

    DEBUG = 0
    INFO = 1
    WARNING = 2
    ERROR = 3


@dataclass(frozen=True)
class Failure:
    """An input that is refused: its name ("" for the whole resource) and why."""

    property: str
    reason: str


@dataclass(frozen=True)
class Checked:
    """Inputs as the provider will use them (names and defaults filled), and what is wrong."""

    inputs: Properties
    failures: list[Failure] = field(default_factory=list)


@dataclass(frozen=True)
class Difference:
    """What an update would do.

    `changed` and `replaces` are names of inputs; `detailed` maps property paths
    (`tags.Name`, `ingress[0].fromPort`) to the kind of change, for people to read.
    """

    changes: bool
    replaces: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    detailed: dict[str, Kind] = field(default_factory=dict)
    delete_before_replace: bool = False


class ProviderError(Exception):
    """Something the person at the terminal can act on: shown as it is, without a traceback."""


class Partial(Exception):  # noqa: N818 - a resource half made is a state, not only an error
    """The resource exists but did not become what it should; the engine records it as such.

    Raised by create, update and read. The next update tries again from this state.
    """

    def __init__(
        self, id_: str, outputs: Properties, reasons: list[str], inputs: Properties | None = None
    ) -> None:
        super().__init__("; ".join(reasons))
        self.id = id_
        self.outputs = outputs
        self.reasons = reasons
        self.inputs = inputs


class ResourceProvider(ABC):
    """A provider. Every method may be called by many threads at once.

    Methods raise `ProviderError` for what the user must hear; anything else they raise is a
    fault of the provider and is logged with its traceback. Waits go through `edge.pause`,
    which a cancellation ends.
    """

    name: str
    version: str
    log: Callable[[str, str, Severity, str, bool], None] = staticmethod(
        lambda *_: None
    )  # the server puts its engine's log here

    def log_status(self, instance: str, urn: str, message: str) -> None:
        """Show what the resource is waiting for, on its line of the engine's display."""
        self.log(instance, urn, Severity.INFO, message, True)

    def log_warning(self, instance: str, urn: str, message: str) -> None:
        """Tell the user something that stays on the screen after the update."""
        self.log(instance, urn, Severity.WARNING, message, False)

    def check_config(self, urn: str, olds: Properties, news: Properties) -> Checked:  # noqa: ARG002
        """Refuse a provider's own configuration; takes it as it is unless overridden."""
        return Checked(news)

    def diff_config(self, urn: str, olds: Properties, news: Properties) -> Difference:  # noqa: ARG002
        """Compare two configurations; any change is an update unless overridden."""
        changed = sorted(k for k in olds.keys() | news.keys() if olds.get(k) != news.get(k))
        return Difference(bool(changed), changed=changed)

    @abstractmethod
    def configure(self, instance: str, inputs: Properties) -> None:
        """Take the instance's configuration; comes before any call on a resource."""

    @abstractmethod
    def check(
        self, instance: str, urn: str, type_: str, olds: Properties, news: Properties, seed: bytes
    ) -> Checked:
        """Validate inputs, and fill in names (see `autoname`) and defaults.

        `olds` are the inputs of the last update, empty for a new resource.
        """

    @abstractmethod
    def diff(
        self,
        instance: str,
        urn: str,
        type_: str,
        id_: str,
        old_inputs: Properties,
        old_outputs: Properties,
        news: Properties,
        ignore_changes: list[str],
    ) -> Difference:
        """Compare checked inputs with those of the last update."""

    @abstractmethod
    def create(
        self,
        instance: str,
        urn: str,
        type_: str,
        inputs: Properties,
        timeout: float,
        preview: bool,
    ) -> tuple[str, Properties]:
        """Make the resource and wait until it is ready: its id and outputs.

        A preview makes nothing and answers the id "" with outputs `UNKNOWN` where they are
        only known afterwards. `timeout` is the user's, in seconds, 0 for the provider's own.
        """

    @abstractmethod
    def read(
        self,
        instance: str,
        urn: str,
        type_: str,
        id_: str,
        old_inputs: Properties,
        old_outputs: Properties,
    ) -> tuple[str | None, Properties, Properties]:
        """The resource as it is now: id (None if it is gone), inputs, outputs.

        With empty olds this is an import, or a `Resource.get`.
        """

    @abstractmethod
    def update(
        self,
        instance: str,
        urn: str,
        type_: str,
        id_: str,
        old_inputs: Properties,
        old_outputs: Properties,
        news: Properties,
        timeout: float,
        preview: bool,
    ) -> Properties:
        """Change the resource in place and wait until it is ready: its outputs."""

    @abstractmethod
    def delete(
        self,
        instance: str,
        urn: str,
        type_: str,
        id_: str,
        inputs: Properties,
        outputs: Properties,
        timeout: float,
    ) -> None:
        """Delete the resource and wait until it is gone; one already gone is deleted."""

    def invoke(
        self,
        instance: str,  # noqa: ARG002
        token: str,
        args: Properties,  # noqa: ARG002
    ) -> tuple[Properties, list[Failure]]:
        """Call a function of the provider."""
        raise ProviderError(f"{token}: the rehearsal's {self.name} provider has no such function")

    def cancel(self) -> None:  # noqa: B027 - most providers have nothing to add to `pause`
        """Hear that an update is cancelled; `edge.pause` has ended its waits already."""


def urn_type(urn: str) -> str:
    """The resource's own type token, of urn:pulumi:STACK::PROJECT::PARENTS$TYPE::NAME."""
    return urn.split("::")[2].rsplit("$", maxsplit=1)[-1]


def urn_name(urn: str) -> str:
    """The resource's logical name, which may itself hold a double colon."""
    return "::".join(urn.split("::")[3:])


def autoname(urn: str, seed: bytes, separator: str = "-", most: int | None = None) -> str:
    """The physical name Pulumi gives to a resource whose program gives none.

    The logical name and seven hexadecimal digits. The engine's seed is the same for a preview
    and the update after it, and a new one for a replacement.

    Args:
        urn: of the resource.
        seed: the engine's, from the check call.
        separator: between the two.
        most: the longest name allowed, in characters.

    Raises:
        ProviderError: the logical name is too long to leave room for the digits.
    """
    digits = hashlib.sha256(seed or urn.encode()).hexdigest()[:7]
    name = f"{urn_name(urn)}{separator}{digits}"
    if most is not None and len(name) > most:
        raise ProviderError(
            f"{urn_name(urn)}: the name {name} would be {len(name)} characters long where "
            f"{most} are allowed; give the resource a shorter name"
        )
    return name
