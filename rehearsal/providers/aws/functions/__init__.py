"""The invokes: functions of pulumi-aws that look things up.

Each module holds the functions of one part of AWS in a map FUNCTIONS, from the token to a
Python function of a `Call` (whose inputs are the arguments) that answers the results. The
arguments a function honours are those it is registered with; any other is refused.
"""

from __future__ import annotations

from typing import Any

from rehearsal.providers.aws.call import Call
from rehearsal.providers.aws.errors import told
from rehearsal.providers.aws.functions.declaration import Function
from rehearsal.providers.edge import Failure, ProviderError


def _functions() -> dict[str, Function]:
    return {}


def call(token: str, arguments: Call) -> tuple[dict[str, Any], list[Failure]]:
    """Call the function of the token.

    Raises:
        ProviderError: there is no such function, or AWS refused.
    """
    function = _functions().get(token)
    if function is None:
        raise ProviderError(f"{token}: not emulated; see rehearsal/providers/aws/functions")
    failures = list(function.refused(arguments.inputs))
    if failures:
        return {}, failures
    with told(f"invoking {token}", function.service):
        return function.call(arguments), []
