"""The forms of names, shared by the rules."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from components.spec.errors import ConfigError, Path

DNS_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
"""RFC 1123, as Kubernetes names namespaces and most objects."""

QUALIFIED_NAME = re.compile(
    r"([a-z0-9]([-.a-z0-9]*[a-z0-9])?/)?[A-Za-z0-9]([-._A-Za-z0-9]{0,61}[A-Za-z0-9])?"
)
"""The key of a Kubernetes label or taint: an optional domain, a slash, a name of at most 63."""

LABEL_VALUE = re.compile(r"([A-Za-z0-9]([-._A-Za-z0-9]{0,61}[A-Za-z0-9])?)?")
"""The value of a Kubernetes label or taint."""

KMS_KEY_ARN = re.compile(r"arn:aws[\w-]*:kms:(?P<region>[a-z0-9-]+):\d{12}:key/[\w-]+", re.ASCII)


def label_errors(path: Path, names: Iterable[str], longest: int) -> Iterator[ConfigError]:
    """Names, each at its path, that are no DNS label of at most that many characters."""
    for name in names:
        if not DNS_LABEL.fullmatch(name) or len(name) > longest:
            rule = (
                f"must be at most {longest} lower-case letters, digits and hyphens, "
                "with a letter or digit at both ends"
            )
            yield ConfigError((*path, name), rule, name, "rename it")


def kms_key_errors(path: Path, arn: str | None, region: str) -> Iterator[ConfigError]:
    """Faults of a KMS key that is not given by its ARN, or is of another Region.

    FSx and EFS would resolve an alias only once. A key encrypts in its own Region alone.
    """
    if arn is None:
        return
    key = KMS_KEY_ARN.fullmatch(arn)
    if key is None:
        rule = "must be the ARN of a KMS key: arn:aws:kms:REGION:ACCOUNT:key/ID"
        yield ConfigError(path, rule, arn, "see `aws kms describe-key`")
    elif region and key["region"] != region:
        rule = "must be a key of the stack's Region: a KMS key encrypts nothing elsewhere"
        remedy = f"name a key of {region}, such as a replica of a multi-Region key there"
        yield ConfigError(path, rule, arn, remedy, (("aws:region",),))
