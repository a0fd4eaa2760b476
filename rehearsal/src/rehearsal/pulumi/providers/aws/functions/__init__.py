"""Invokes: functions of pulumi-aws that look things up.

Each module holds the functions of one part of AWS in a map FUNCTIONS, from the token to a
`Function`. A function accepts the arguments that it is declared with; any other is refused.
"""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from typing import Any

from rehearsal.pulumi.providers.aws.call import Call
from rehearsal.pulumi.providers.aws.errors import explained
from rehearsal.pulumi.providers.aws.functions.declaration import Function
from rehearsal.pulumi.providers.server import Failure, ProviderError


@cache
def functions() -> dict[str, Function]:
    """Return every declared function, by its token."""
    found: dict[str, Function] = {}
    for module in pkgutil.iter_modules(__path__, f"{__name__}."):
        declared = getattr(importlib.import_module(module.name), "FUNCTIONS", {})
        assert found.keys().isdisjoint(declared), f"{module.name} declares what another module does"
        found |= declared
    return found


def call(token: str, arguments: Call) -> tuple[dict[str, Any], list[Failure]]:
    """Call the function of a token and return its results, or the errors in its arguments.

    Raises:
        ProviderError: There is no such function, or AWS refused the call.
    """
    function = functions().get(token)
    if function is None:
        raise ProviderError(
            f"{token}: not emulated; the rehearsal's aws provider has no such function. "
            "rehearsal/pulumi/providers/aws/functions is where to add one"
        )
    failures = list(function.refused(arguments.inputs))
    if failures:
        return {}, failures
    with explained(f"invoking {token}", function.service):
        return _echoed(arguments) | function.call(arguments), []


def _echoed(arguments: Call) -> dict[str, Any]:
    """Return the arguments, which every result repeats, and the Region of the call."""
    return {"id": arguments.region} | arguments.inputs | {"region": arguments.region}
