"""How a function is declared."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass
from typing import Any

from rehearsal.providers.aws.call import Call
from rehearsal.providers.edge import Failure


@dataclass(frozen=True)
class Function:
    """One invoke.

    Attributes:
        service: boto3's name of the service, for errors.
        call: looks up the results, by their Pulumi names; its arguments are the call's inputs.
        arguments: names of the arguments it honours; `region` needs no listing.
        required: those it can't do without.
    """

    service: str
    call: Callable[[Call], dict[str, Any]]
    arguments: Set[str] = frozenset()
    required: Set[str] = frozenset()

    def refused(self, given: Mapping[str, Any]) -> Iterator[Failure]:
        """What is wrong with the arguments."""
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
    """EC2's filters, of a function's `filters` ([{name, values}]) and `tags`."""
    chosen = [{"Name": one["name"], "Values": list(one["values"])} for one in given or ()]
    return chosen + [
        {"Name": f"tag:{key}", "Values": [value]} for key, value in (tags or {}).items()
    ]
