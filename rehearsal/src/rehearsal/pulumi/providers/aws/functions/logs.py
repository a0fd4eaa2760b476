"""Functions that look up CloudWatch log groups."""

from __future__ import annotations

from typing import Any

from rehearsal.pulumi.providers.aws.call import Call
from rehearsal.pulumi.providers.aws.functions.declaration import Function


def _log_groups(call: Call) -> dict[str, Any]:
    prefix = call.inputs.get("logGroupNamePrefix")
    pages = call.client("logs").get_paginator("describe_log_groups")
    asked = {"logGroupNamePrefix": prefix} if prefix else {}
    found = [group for page in pages.paginate(**asked) for group in page["logGroups"]]
    return {
        "arns": [group["arn"].removesuffix(":*") for group in found],
        "logGroupNames": [group["logGroupName"] for group in found],
    }


FUNCTIONS = {
    "aws:cloudwatch/getLogGroups:getLogGroups": Function(
        "logs", _log_groups, arguments={"logGroupNamePrefix"}
    )
}
