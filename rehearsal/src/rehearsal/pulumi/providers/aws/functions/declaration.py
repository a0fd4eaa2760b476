"""Declaration of a function."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass
from typing import Any

from rehearsal.pulumi.providers.aws.call import Call
from rehearsal.pulumi.providers.server import Failure


@dataclass(frozen=True)
class Function:
    """One invoke.

    Attributes:
        service: Name of the service in boto3, for errors.
        call: Returns the results by their Pulumi names; the inputs of its `Call` are the arguments.
        arguments: Names of the accepted arguments; `region` needs no listing.
        required: Names of the arguments that must be given.
    """

    service: str
    call: Callable[[Call], dict[str, Any]]
    arguments: Set[str] = frozenset()
    required: Set[str] = frozenset()

    def refused(self, given: Mapping[str, Any]) -> Iterator[Failure]:
        """Yield the errors in the arguments."""
        for name, value in given.items():
            known = self.arguments | self.required | {"region", "id"}
            if name not in known and value not in (None, False, "", [], {}):
                yield Failure(name, "not emulated by the rehearsal's aws provider")
        for name in sorted(self.required):
            if given.get(name) is None:
                yield Failure(name, "Missing required argument")


def filters(
    given: Iterable[Mapping[str, Any]] | None, tags: Mapping[str, str] | None = None
) -> list[dict[str, Any]]:
    """Return EC2's filters for a function's `filters` ([{name, values}]) and `tags`."""
    chosen = [{"Name": one["name"], "Values": list(one["values"])} for one in given or ()]
    return chosen + [
        {"Name": f"tag:{key}", "Values": [value]} for key, value in (tags or {}).items()
    ]
