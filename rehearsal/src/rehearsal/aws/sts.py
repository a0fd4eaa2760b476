"""AWS STS: sessions of roles, which are stored and found by their access keys.

A session does not expire here: on AWS the Pod Identity agent renews the credentials of a pod, and
SageMaker those of a training job, and neither runs here. When there are many sessions, the oldest
are removed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from moto.core.responses import ActionResult
from moto.sts.models import AssumedRole, STSBackend, sts_backends
from moto.sts.responses import TokenResponse
from werkzeug.exceptions import Forbidden

from rehearsal.aws import identity
from rehearsal.aws.refusals import query_error
from rehearsal.aws.replacement import use_backend, use_responses

MAX_SESSIONS = 10_000


def install() -> None:
    """Replace moto's STS with this one."""
    use_backend(sts_backends, STS)
    use_responses("sts", Responses, path="/$")


class Session(AssumedRole):
    """Session of a role, bound to the role's unique id and not to its name."""

    role_id: str
    tags: Mapping[str, str]


class STS(STSBackend):
    """STS of the account."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.sessions: dict[str, Session] = {}

    def assume_role(self, *args: Any, **kwargs: Any) -> Session:
        """Start a session of a role; a session of a role that does not exist has no permissions."""
        session = cast(Session, super().assume_role(*args, **kwargs))
        self.assumed_roles.clear()  # moto searches this list for every request
        session.__class__ = Session
        role = identity.find_role(self.account_id, session.role_arn)
        session.role_id, session.tags = role.id if role else "", {}
        self.sessions[session.access_key_id] = session
        while len(self.sessions) > MAX_SESSIONS:
            oldest = self.sessions.pop(next(iter(self.sessions)))
            identity.iam(self.account_id).access_keys.pop(oldest.access_key_id, None)
        return session

    def get_assumed_role_from_access_key(self, access_key_id: str) -> Session | None:
        """Return the session with an access key, or None."""
        return self.sessions.get(access_key_id)

    def get_caller_identity(self, access_key_id: str, region: str) -> tuple[str, str, str]:
        """Return the user id, ARN and account of an access key's owner."""
        user_id, arn, account_id = super().get_caller_identity(access_key_id, region)
        if arn.endswith(":user/moto"):
            return user_id, identity.caller_arn(self.account_id, access_key_id), account_id
        return user_id, arn, account_id


class Responses(TokenResponse):
    """API calls of STS."""

    def assume_role(self) -> ActionResult:
        """Start a session of a role of this account, with its tags."""
        arn = str(self._get_param("RoleArn"))
        if not identity.principal_exists(self.current_account, arn):
            caller = identity.caller_arn(self.current_account, self.get_access_key())
            because = f"is not authorized to perform: sts:AssumeRole on resource: {arn}"
            raise Forbidden(query_error("AccessDenied", f"User: {caller} {because}"))
        result = super().assume_role()
        session = list(cast(STS, self.backend).sessions.values())[-1]
        session.tags = {tag["Key"]: tag["Value"] for tag in self._get_param("Tags") or []}
        return result
