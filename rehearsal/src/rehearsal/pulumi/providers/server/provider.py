"""Interface of a provider in plain Python: its methods and their results.

`instance` is the key of one configured provider: a program may declare several of a kind (one for
each Region or cluster), and one server serves them all, each on a connection of its own.
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
    """Severity of a provider's message."""

    DEBUG = 0
    INFO = 1
    WARNING = 2
    ERROR = 3


@dataclass(frozen=True)
class Failure:
    """Input that is refused: its name ("" for the whole resource) and the reason."""

    property: str
    reason: str


@dataclass(frozen=True)
class Checked:
    """Inputs as the provider will use them (names and defaults filled), and the errors in them."""

    inputs: Properties
    failures: list[Failure] = field(default_factory=list)


@dataclass(frozen=True)
class Difference:
    """Changes that an update would make.

    `changed` and `replaces` are names of inputs; `detailed` maps property paths
    (`tags.Name`, `ingress[0].fromPort`) to the kind of change, for display.
    """

    changes: bool
    replaces: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    detailed: dict[str, Kind] = field(default_factory=dict)
    delete_before_replace: bool = False


class ProviderError(Exception):
    """Error that the user can act on; it is shown as it is, without a traceback."""


class Partial(Exception):  # noqa: N818 - a resource half made is a state, not only an error
    """The resource exists but did not become ready; the engine records it in this state.

    Methods create, update and read raise it. The next update tries again from this state.
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
    """Base class of a provider, whose methods may be called by many threads at once.

    Methods raise `ProviderError` for what the user must see; anything else they raise is a
    fault of the provider and is logged with its traceback. Waits go through `operation.pause`,
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
        """Show the user a message that stays on the screen after the update."""
        self.log(instance, urn, Severity.WARNING, message, False)

    def check_config(self, urn: str, olds: Properties, news: Properties) -> Checked:  # noqa: ARG002
        """Check the provider's own configuration; accept it as it is unless overridden."""
        return Checked(news)

    def diff_config(self, urn: str, olds: Properties, news: Properties) -> Difference:  # noqa: ARG002
        """Compare two configurations; any change is an update unless overridden."""
        changed = sorted(k for k in olds.keys() | news.keys() if olds.get(k) != news.get(k))
        return Difference(bool(changed), changed=changed)

    @abstractmethod
    def configure(self, instance: str, inputs: Properties) -> None:
        """Store the instance's configuration; called before any call on a resource."""

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
        """Create the resource, wait until it is ready, and return its id and outputs.

        A preview creates nothing and returns the id "" with outputs `UNKNOWN` where they are
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
        """Return the resource as it is now: id (None if it is gone), inputs, outputs.

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
        """Change the resource in place, wait until it is ready, and return its outputs."""

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
        """Delete the resource and wait until it is gone; one that is already gone is no error."""

    def invoke(
        self,
        instance: str,  # noqa: ARG002
        token: str,
        args: Properties,  # noqa: ARG002
    ) -> tuple[Properties, list[Failure]]:
        """Call a function of the provider and return its results, or the errors in its arguments.

        Raises:
            ProviderError: The provider has no such function.
        """
        raise ProviderError(f"{token}: the rehearsal's {self.name} provider has no such function")

    def cancel(self) -> None:  # noqa: B027 - most providers have nothing to add to `pause`
        """Handle the cancellation of an update, whose waits `operation.pause` has ended already."""


def urn_type(urn: str) -> str:
    """Return the type token of a URN, urn:pulumi:STACK::PROJECT::PARENTS$TYPE::NAME."""
    return urn.split("::")[2].rsplit("$", maxsplit=1)[-1]


def urn_name(urn: str) -> str:
    """Return the resource's logical name, which may itself contain a double colon."""
    return "::".join(urn.split("::")[3:])


def autoname(urn: str, seed: bytes, separator: str = "-", most: int | None = None) -> str:
    """Return the physical name that Pulumi gives to a resource whose program gives none.

    It is the logical name and seven hexadecimal digits. The engine's seed is the same for a preview
    and the update after it, and a new one for a replacement.

    Args:
        urn: URN of the resource.
        seed: Seed of the engine, from the check call.
        separator: Text between the name and the digits.
        most: Maximum length of the name in characters; None for no limit.

    Raises:
        ProviderError: The logical name is too long to leave room for the digits.
    """
    digits = hashlib.sha256(seed or urn.encode()).hexdigest()[:7]
    name = f"{urn_name(urn)}{separator}{digits}"
    if most is not None and len(name) > most:
        raise ProviderError(
            f"{urn_name(urn)}: the name {name} would be {len(name)} characters long where "
            f"{most} are allowed; give the resource a shorter name"
        )
    return name
