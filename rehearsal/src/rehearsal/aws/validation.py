"""Constraints of the API models, in the services that moto answers itself.

moto reads parameters without a look at the ranges, lengths, patterns and enumerations that AWS's
own model of an API declares. The services of this package check them in `Service`.
"""

from __future__ import annotations

import re
from typing import Any

from moto.core.responses import ActionResult, BaseResponse
from moto.core.utils import get_service_model
from moto.iam.responses import IamResponse
from moto.kms.responses import KmsResponse
from moto.logs.responses import LogsResponse

from rehearsal.aws.service import Refusal, first_fault

CHECKED: tuple[tuple[type[BaseResponse], str], ...] = (
    (IamResponse, "ValidationError"),
    (KmsResponse, "ValidationException"),
    (LogsResponse, "InvalidParameterException"),
)
"""Services, with their error codes for a value that the model does not allow."""


def install() -> None:
    """Have these services check every call first."""
    for responses, code in CHECKED:
        _check_first(responses, code)


def _check_first(responses: type[BaseResponse], code: str) -> None:
    answer = responses.call_action

    def call_action(self: Any) -> Any:
        model, action = get_service_model(self.boto3_service_name), self._get_action()
        known = action in model.operation_names
        shape = model.operation_model(action).input_shape if known else None
        fault = first_fault(shape, _parameters(self)) if shape else None
        if fault:
            # These services begin the names of parameters with a small letter.
            said = re.sub(r" at '([A-Z])", lambda found: found[0].lower(), fault)
            error = Refusal(code, f"1 validation error detected: {said}")
            return self.serialized(ActionResult(error))
        return answer(self)

    responses.call_action = call_action  # type: ignore[method-assign]


def _parameters(response: BaseResponse) -> dict[str, Any]:
    """Return the parameters of a call in the shape of the API model."""
    if not response.automated_parameter_parsing:
        response.parse_parameters(response.normalized_request)
    return dict(response.params)
