"""Type tokens and the kinds they stand for."""

from __future__ import annotations

import pytest

from rehearsal.pulumi.providers.kubernetes.tokens import is_patch, kind_of_token
from rehearsal.pulumi.providers.server import ProviderError


@pytest.mark.parametrize(
    ("token", "kind"),
    [
        ("kubernetes:core/v1:Namespace", "v1/Namespace"),
        ("kubernetes:storage.k8s.io/v1:StorageClass", "storage.k8s.io/v1/StorageClass"),
        (
            "kubernetes:sagemaker.services.k8s.aws/v1alpha1:TrainingJob",
            "sagemaker.services.k8s.aws/v1alpha1/TrainingJob",
        ),
        ("kubernetes:core/v1:NamespacePatch", "v1/Namespace"),
    ],
)
def test_a_token_names_a_kind(token: str, kind: str) -> None:
    assert str(kind_of_token(token)) == kind


def test_patch_tokens_are_told_apart() -> None:
    assert is_patch("kubernetes:core/v1:NamespacePatch")
    assert not is_patch("kubernetes:core/v1:Namespace")


@pytest.mark.parametrize(
    "token", ["aws:s3/bucket:Bucket", "kubernetes:core:Pod", "kubernetes:core/v1:"]
)
def test_another_token_is_refused_by_its_name(token: str) -> None:
    with pytest.raises(ProviderError, match=token):
        kind_of_token(token)
