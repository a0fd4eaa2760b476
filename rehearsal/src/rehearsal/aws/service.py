"""Base of the services of this package: calls by name, validation by the API model, tokens.

A call is a method that is named as the API's action in snake_case. Its parameters are in `params`,
in the shape of botocore's model of the service, and it returns a mapping of the result's shape.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar

from botocore.model import ListShape, MapShape, Shape, StructureShape
from moto.core.exceptions import ServiceException
from moto.core.responses import ActionResult, BaseResponse
from moto.core.utils import get_service_model

from rehearsal.aws import tags

# Seconds until a new resource is available. AWS takes minutes. By default it is available at the
# next call, so that clients still see the state before it.
DELAY = float(os.environ.get("REHEARSAL_CREATION_SECONDS") or 0.0)


class Refusal(ServiceException):
    """API error with its code; the API model defines its HTTP status.

    moto finds the shape of an error by the package of its class, so the class must be in this
    package.
    """

    def __init__(self, code: str, message: str, **members: Any) -> None:
        super().__init__(code, message)
        for name, value in members.items():
            setattr(self, name, value)


class Service(BaseResponse):
    """A service whose calls are methods of the subclass."""

    NAME: ClassVar[str]
    INVALID_PARAMETER: ClassVar[str] = "ValidationException"

    def __init__(self) -> None:
        BaseResponse.__init__(self, service_name=self.NAME)
        self.automated_parameter_parsing = True

    @cached_property
    def given(self) -> dict[str, Any]:
        """Parameters of the call, validated against the API model.

        Raises:
            Refusal: A value violates its enumeration, range, length or pattern, or AWS refuses a
                tag.
        """
        operation = get_service_model(self.boto3_service_name).operation_model(self._get_action())
        params = dict(self.params)
        fault = first_fault(operation.input_shape, params) if operation.input_shape else None
        if fault:
            raise Refusal(self.INVALID_PARAMETER, f"1 validation error detected: {fault}")
        given = tags.of_call(params)
        if refused := tags.fault(given) or tags.number_fault(given):
            raise Refusal(self.INVALID_PARAMETER, refused)
        return params

    def page(self, key: str, items: Sequence[Any]) -> ActionResult:
        """Return one page of a list, by the call's token and page size in either spelling."""
        token = self.given.get("NextToken") or self.given.get("nextToken") or "0"
        size = self.given.get("MaxResults") or self.given.get("maxResults") or 1000
        start = int(token)
        more = str(start + size) if start + size < len(items) else None
        next_token = "NextToken" if key[0].isupper() else "nextToken"
        return ActionResult({key: items[start : start + size], next_token: more})


def first_fault(shape: Shape, value: Any, where: str = "") -> str | None:
    """Return the first violation of a botocore shape's constraints in AWS's words, or None."""
    if isinstance(shape, ListShape | MapShape) and (fault := _size_fault(shape, value, where)):
        return fault
    if isinstance(shape, StructureShape):
        children = [(m, value[n], n) for n, m in shape.members.items() if value.get(n) is not None]
    elif isinstance(shape, ListShape):
        children = [(shape.member, item, "member") for item in value]
    elif isinstance(shape, MapShape):
        children = [(shape.key, key, "key") for key in value]
        children += [(shape.value, item, key) for key, item in value.items()]
    else:
        return _scalar_fault(shape, value, where)
    for child, item, name in children:
        if fault := first_fault(child, item, f"{where}.{name}" if where else name):
            return fault
    return None


def _size_fault(shape: ListShape | MapShape, value: Any, where: str) -> str | None:
    low, high = shape.metadata.get("min", 0), shape.metadata.get("max")
    if len(value) < low:
        rule = f"have length greater than or equal to {low}"
    elif high is not None and len(value) > high:
        rule = f"have length less than or equal to {high}"
    else:
        return None
    return f"Value at '{where}' failed to satisfy constraint: Member must {rule}"


def _scalar_fault(shape: Shape, value: Any, where: str) -> str | None:
    rules: Mapping[str, Any] = shape.metadata
    size = len(value) if isinstance(value, str | bytes) else value
    rule = None
    if (allowed := rules.get("enum")) and value not in allowed:
        rule = f"satisfy enum value set: [{', '.join(allowed)}]"
    elif (low := rules.get("min")) is not None and size < low:
        rule = f"have length or value greater than or equal to {low}"
    elif (high := rules.get("max")) is not None and size > high:
        rule = f"have length or value less than or equal to {high}"
    elif isinstance(value, str) and not _matches(rules.get("pattern"), value):
        rule = f"satisfy regular expression pattern: {rules['pattern']}"
    return (
        f"Value '{value}' at '{where}' failed to satisfy constraint: Member must {rule}"
        if (rule)
        else None
    )


def _matches(pattern: str | None, value: str) -> bool:
    """Return whether a value matches a pattern of the API model.

    A dot matches no line break, as in Java. A pattern in Java's syntax that Python cannot compile
    matches everything.
    """
    if pattern is None:
        return True
    try:
        return re.fullmatch(pattern, value) is not None
    except re.error:
        return True


@dataclass
class Lifecycle:
    """A state that becomes another one at a given time."""

    state: str
    then: str
    due: float = field(default_factory=lambda: time.time() + DELAY)

    def look(self) -> str:
        """Return the current state."""
        if time.time() >= self.due:
            self.state = self.then
        return self.state


@dataclass
class RequestTokens:
    """Answers to client request tokens: a repeated request gets the same resource."""

    answered: dict[str, tuple[Any, Any]] = field(default_factory=dict)

    def once(
        self,
        params: Mapping[str, Any],
        key: str,
        create: Callable[[], Any],
        refuse: Callable[[], Exception],
    ) -> Any:
        """Return the resource that `create` returns, or the one already created for this token.

        Args:
            params: The request; except for the token it must equal the earlier one.
            key: Parameter that holds the token.
            create: Function that creates the resource.
            refuse: Function that returns the error for a token used before with other parameters.
        """
        token = params.get(key)
        request = {name: value for name, value in params.items() if name != key}
        if token in self.answered:
            answered_request, resource = self.answered[token]
            if answered_request != request:
                raise refuse()
            return resource
        resource = create()
        if token:
            self.answered[token] = (request, resource)
        return resource

    def forget(self, resource: Any) -> None:
        """Forget the tokens of a deleted resource, so that they create a new one."""
        self.answered = {
            token: answer for token, answer in self.answered.items() if answer[1] is not resource
        }
