"""Every object of the program is one that the API server would take."""

from collections import Counter
from typing import Any

import kubernetes_validate
import pytest

from tests.mocks import Deployment, Registration

VERSIONS = ("1.35", "1.36")
BUILT_IN = (
    "kubernetes:apps/v1:",
    "kubernetes:batch/v1:",
    "kubernetes:admissionregistration.k8s.io/v1:",
    "kubernetes:core/v1:",
    "kubernetes:rbac.authorization.k8s.io/v1:",
    "kubernetes:storage.k8s.io/v1:",
)


def objects(deployment: Deployment) -> list[Registration]:
    """The objects of kinds that Kubernetes has by itself."""
    return [each for each in deployment.resources if each.type.startswith(BUILT_IN)]


def manifest(registration: Registration) -> dict[str, Any]:
    """Return the manifest that the provider sends."""
    return {key: value for key, value in registration.inputs.items() if value is not None}


@pytest.mark.parametrize("version", VERSIONS)
def test_every_manifest_is_valid_to_the_last_field(stack: Deployment, version: str) -> None:
    for each in objects(stack):
        known = manifest(each)
        assert known["apiVersion"]
        kubernetes_validate.validate(known, version, strict=True)


def test_the_check_sees_what_is_wrong(dev: Deployment) -> None:
    wrong = {**manifest(dev.of_type(":PersistentVolume")[0]), "metdata": {}}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, VERSIONS[0], strict=True)


def test_every_kind_of_the_program_is_checked(dev: Deployment) -> None:
    kinds = {each.type for each in dev.resources if each.type.startswith("kubernetes:")}
    checked = {each.type for each in objects(dev)}
    assert kinds - checked == {
        "kubernetes:helm.sh/v3:Release",
        "kubernetes:sagemaker.services.k8s.aws/v1alpha1:TrainingJob",
    }
    assert Counter(each.type for each in objects(dev))["kubernetes:batch/v1:Job"] == 2


def test_every_object_has_a_name_of_its_own(stack: Deployment) -> None:
    for each in objects(stack):
        assert each.inputs["metadata"].get("name"), f"{each.name} would be named by chance"


def test_a_job_that_failed_is_tried_again_by_the_next_update(stack: Deployment) -> None:
    """Without the annotation an update waits for the Job that failed, and fails as it did."""
    jobs = stack.of_type("batch/v1:Job")
    assert jobs
    for job in jobs:
        assert job.inputs["metadata"]["annotations"]["pulumi.com/replaceUnready"] == "true"
