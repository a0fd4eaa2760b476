"""Secrets of an environment, which are random and are kept in a file of mode 0600."""

from __future__ import annotations

import secrets
import string
from dataclasses import dataclass, field

ADMIN_HEADER = "X-Rehearsal-Token"
"""Header of the requests to the emulated AWS's own paths, with the admin token."""

_BASE32 = string.ascii_uppercase + "234567"


@dataclass(frozen=True)
class Credentials:
    """Access key of the account's user, and the token of the emulated AWS's own paths."""

    access_key: str
    secret_key: str = field(repr=False)
    admin_token: str = field(repr=False)

    @classmethod
    def random(cls) -> Credentials:
        """Return new credentials; the keys have the form of AWS's."""
        access_key = "AKIA" + "".join(secrets.choice(_BASE32) for _ in range(16))
        return cls(access_key, secrets.token_urlsafe(30), secrets.token_urlsafe(30))

    @property
    def admin_headers(self) -> dict[str, str]:
        """Headers of a request to one of the emulated AWS's own paths."""
        return {ADMIN_HEADER: self.admin_token}
