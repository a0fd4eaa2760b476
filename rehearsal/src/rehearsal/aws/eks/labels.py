"""Rules of EKS and Kubernetes for the labels and taints of a node group.

Sources: the answers of EKS in https://github.com/eksctl-io/eksctl/issues/4007 (reserved labels) and
https://github.com/aws-ia/terraform-aws-eks-blueprints/issues/1073 (the form of a value);
Kubernetes, ValidateNodeTaints, as in https://github.com/kubernetes/kops/issues/5177 (one twice).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rehearsal.aws.eks.models import invalid

RESERVED_LABELS = ("kubernetes.io/", "k8s.io/", "eks.amazonaws.com/")
LONGEST_PART = 63
_FORM = r"([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"


def check_labels(labels: Mapping[str, str]) -> None:
    """Refuse labels with a reserved prefix, even as its end, and those no node can have.

    Raises:
        Refusal: InvalidParameterException.
    """
    if any(reserved in key for key in labels for reserved in RESERVED_LABELS):
        raise invalid(f"Label cannot contain reserved prefixes [{', '.join(RESERVED_LABELS)}]")
    _check_forms([*_names(labels), *labels.values()])


def check_taints(taints: Iterable[Mapping[str, str]]) -> None:
    """Refuse taints that no node can have.

    Raises:
        Refusal: InvalidParameterException.
    """
    given = list(taints)
    _check_forms([*_names(taint["key"] for taint in given), *filter(None, map(_value, given))])


def taint_issues(taints: Sequence[Mapping[str, str]]) -> list[dict[str, Any]]:
    """Return what keeps nodes with these taints from joining, as a node group's health issues."""
    kinds = [(taint["key"], taint["effect"]) for taint in taints]
    if len({*kinds}) == len(kinds):
        return []
    said = (
        "Instances failed to join the kubernetes cluster (kubelet: Node is invalid: "
        "metadata.taints: Duplicate value: taints must be unique by key and effect pair)"
    )
    return [{"code": "NodeCreationFailure", "message": said}]


def _names(keys: Iterable[str]) -> list[str]:
    """Return the names in keys, without the prefixes that some have."""
    return [key.rpartition("/")[2] for key in keys]


def _value(taint: Mapping[str, str]) -> str:
    return taint.get("value") or ""


def _check_forms(texts: Iterable[str]) -> None:
    for text in texts:
        if not re.fullmatch(_FORM, text) or len(text) > LONGEST_PART:
            raise invalid(
                f"Invalid value: {text} : field must consist of alphanumeric characters, '-', '_' "
                "or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or "
                "'my.name',  or '123-abc', regex used for validation is "
                f"'{_FORM}')"
            )
