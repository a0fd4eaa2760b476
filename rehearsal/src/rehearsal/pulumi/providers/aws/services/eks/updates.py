"""Common parts of EKS's resources: updates that take time, times and tags."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from rehearsal.pulumi.providers.aws.call import Call
from rehearsal.pulumi.providers.aws.tags import by_arn
from rehearsal.pulumi.providers.server import ProviderError

TAGGING = by_arn("eks", "resourceArn", as_pairs=False, keys="tagKeys")


def finished(call: Call, answer: Mapping[str, Any], **of: str) -> None:
    """Wait until an update is done, since EKS accepts one at a time.

    Args:
        call: Operation that the update belongs to.
        answer: Answer of EKS to the call that began the update.
        of: Cluster (`name`), and the node group or add-on that is updated.

    Raises:
        ProviderError: The update failed; the message has EKS's reason.
    """
    update = str(answer["update"]["id"])

    def done() -> bool:
        now = call.client("eks").describe_update(updateId=update, **of)["update"]
        if now["status"] in {"Failed", "Cancelled"}:
            told = "; ".join(error.get("errorMessage", "") for error in now.get("errors", []))
            raise ProviderError(f"EKS {now['type']} {now['status'].lower()}: {told}")
        call.report(f"{now['type']}: {now['status']}")
        return bool(now["status"] == "Successful")

    call.wait(done, f"waiting for EKS update {update}")


def time_of(moment: datetime | None) -> str | None:
    """Return a time in the format of pulumi-aws, RFC 3339."""
    return moment.isoformat().replace("+00:00", "Z") if moment else None


def health(described: Mapping[str, Any]) -> str:
    """Return the problems that EKS reports of a resource."""
    issues = (described.get("health") or {}).get("issues") or []
    return "; ".join(f"{issue.get('code')}: {issue.get('message')}" for issue in issues)
