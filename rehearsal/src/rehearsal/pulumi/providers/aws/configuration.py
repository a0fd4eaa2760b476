"""Configuration of the provider: `aws:region`, `aws:defaultTags` and settings that are ignored."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from rehearsal.pulumi.providers.server import Failure, ProviderError, Unknown

# Settings that do not matter to an emulated account, which accepts any credentials.
_MEANINGLESS = {
    "accessKey",
    "allowedAccountIds",
    "httpProxy",
    "httpsProxy",
    "insecure",
    "maxRetries",
    "noProxy",
    "profile",
    "retryMode",
    "s3UsePathStyle",
    "secretKey",
    "sharedConfigFiles",
    "sharedCredentialsFiles",
    "skipCredentialsValidation",
    "skipMetadataApiCheck",
    "skipRegionValidation",
    "skipRequestingAccountId",
    "token",
    "useDualstackEndpoint",
    "useFipsEndpoint",
    "version",
}


@dataclass(frozen=True)
class Configuration:
    """Region of one provider instance, and the tags that all its resources get."""

    region: str
    default_tags: Mapping[str, str] = field(default_factory=dict)


def configuration(inputs: Mapping[str, Any]) -> Configuration:
    """Return the configuration in the inputs; nested values arrive as JSON text.

    Raises:
        ProviderError: Neither the inputs nor the environment variables set a Region.
    """
    region = inputs.get("region") or os.environ.get("AWS_REGION")
    region = region or os.environ.get("AWS_DEFAULT_REGION")
    if not region:
        raise ProviderError(
            "missing region configuration: set one with `pulumi config set aws:region us-west-2`"
        )
    tags = (_parsed(inputs.get("defaultTags")) or {}).get("tags") or {}
    return Configuration(str(region), {key: str(value) for key, value in tags.items()})


def refused(inputs: Mapping[str, Any]) -> Iterator[Failure]:
    """Yield an error for each setting that would change the provider's work and is not emulated."""
    for key, value in inputs.items():
        known = key in _MEANINGLESS or key in {"region", "defaultTags"}
        if not known and _parsed(value) not in (None, "", False, [], {}):
            yield Failure(
                key, f"the rehearsal's aws provider does not emulate the setting aws:{key}"
            )


def _parsed(value: Any) -> Any:
    if not isinstance(value, str) or isinstance(value, Unknown):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value
