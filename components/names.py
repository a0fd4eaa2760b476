"""Forms of names in Kubernetes and AWS, shared by the specs."""

import re
from collections.abc import Iterable, Iterator

from components.spec.errors import ConfigError, Path

DNS_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
"""Label of RFC 1123, the form of namespaces and of most objects' names in Kubernetes."""

QUALIFIED_NAME = re.compile(
    r"([a-z0-9]([-.a-z0-9]*[a-z0-9])?/)?[A-Za-z0-9]([-._A-Za-z0-9]{0,61}[A-Za-z0-9])?"
)
"""Key of a Kubernetes label or taint: an optional domain, a slash, a name of at most 63."""

LABEL_VALUE = re.compile(r"([A-Za-z0-9]([-._A-Za-z0-9]{0,61}[A-Za-z0-9])?)?")
"""Value of a Kubernetes label or taint."""

KMS_KEY_ARN = re.compile(r"arn:aws[\w-]*:kms:(?P<region>[a-z0-9-]+):\d{12}:key/[\w-]+", re.ASCII)
"""ARN of a KMS key, not of an alias."""


ACK_NAMESPACE = "ack-system"
"""Namespace of the ACK controllers, which the stack makes."""
ACK_ACCOUNT = "ack-sagemaker-controller"
"""Service account of the ACK controller for SageMaker."""

DRIVER_ACCOUNTS = {
    "fsx.csi.aws.com": "fsx-csi-controller-sa",
    "efs.csi.aws.com": "efs-csi-controller-sa",
    "s3.csi.aws.com": "s3-csi-driver-sa",
}
"""Service account in kube-system that calls AWS for each CSI driver."""

KEPT_OBJECTS = frozenset({"efs.csi.aws.com"})
"""CSI drivers whose chart leaves the CSIDriver object behind when it is uninstalled."""


def namespace_errors(path: Path, name: str) -> Iterator[ConfigError]:
    """Yield an error for a name that no namespace of the stack can have.

    Source: Kubernetes, "Object Names and IDs".
    """
    if not DNS_LABEL.fullmatch(name) or len(name) > 63:
        rule = "must be a namespace: at most 63 lower-case letters, digits and hyphens"
        yield ConfigError(path, rule, name, "rename it")
    elif name.startswith("kube-"):
        rule = "namespaces that begin with kube- are Kubernetes' own"
        yield ConfigError(path, rule, name, "name one of yours")
    elif name == ACK_NAMESPACE:
        rule = "is the SageMaker controller's own namespace, which the stack makes for it"
        yield ConfigError(path, rule, name, "name one of yours")


def label_errors(path: Path, names: Iterable[str], max_length: int) -> Iterator[ConfigError]:
    """Yield an error for each name that is not a DNS label of at most `max_length` characters."""
    for name in names:
        if not DNS_LABEL.fullmatch(name) or len(name) > max_length:
            rule = (
                f"must be at most {max_length} lower-case letters, digits and hyphens, "
                "with a letter or digit at both ends"
            )
            yield ConfigError((*path, name), rule, name, "rename it")


def kms_key_errors(path: Path, arn: str | None) -> Iterator[ConfigError]:
    """Yield an error for a KMS key that is not given by its ARN.

    FSx and EFS resolve an alias once only, so that a later change of it would not be seen.
    """
    if arn is not None and not KMS_KEY_ARN.fullmatch(arn):
        rule = "must be the ARN of a KMS key: arn:aws:kms:REGION:ACCOUNT:key/ID"
        yield ConfigError(path, rule, arn, "see `aws kms describe-key`")


def kms_region_errors(path: Path, arn: str | None, region: str) -> Iterator[ConfigError]:
    """Yield an error for a KMS key of another Region: a key encrypts nothing elsewhere."""
    key = KMS_KEY_ARN.fullmatch(arn or "")
    if key is not None and region and key["region"] != region:
        rule = "must be a key of the stack's Region: a KMS key encrypts nothing elsewhere"
        remedy = f"name a key of {region}, such as a replica of a multi-Region key there"
        yield ConfigError(path, rule, arn, remedy, (("aws:region",),))
