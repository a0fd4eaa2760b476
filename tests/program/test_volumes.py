"""A stack with a bucket as a volume, the nodes' own disks and the bench beside its storage."""

from typing import Any

import pytest

from tests.mocks import Deployment
from tests.program.conftest import Deploy
from tests.program.test_critical_path import critical_path, substantial, timings

DISKS = {"instanceTypes": ["m6id.large"], "instanceStore": True}
CHANGES: dict[str, Any] = {
    "storage.also": ["s3"],
    "storage.scratch": {},
    "storage.bench": {"sizeMib": 64},
    "workloads": {"image": "public.ecr.aws/example/workloads:1"},
}


@pytest.fixture(scope="module")
def volumes(deployed: Deploy) -> Deployment:
    """The patterns stack, which has nodes with disks, with all of it."""
    return deployed("patterns", CHANGES)


def test_each_namespace_has_its_claims_and_each_storage_its_job(volumes: Deployment) -> None:
    assert volumes.exports["s3Claims"] == {"training": "s3"}
    assert volumes.exports["scratchClaims"] == {"training": "scratch"}
    assert set(volumes.exports["storageBench"]) == {"fsx", "s3", "scratch"}


def test_a_stack_without_them_has_no_such_outputs(patterns: Deployment) -> None:
    assert not {"s3Claims", "scratchClaims", "storageBench"} & {*patterns.exports}


def test_they_lengthen_nothing(volumes: Deployment, patterns: Deployment) -> None:
    assert substantial(critical_path(volumes)) == substantial(critical_path(patterns))
    job = patterns.of_type("v1alpha1:TrainingJob")[0]
    done = [timings(one)[one.one(job.type, job.name).urn].done for one in (patterns, volumes)]
    assert done[1] == pytest.approx(done[0])


def test_they_change_nothing_of_the_stack_without_them(
    volumes: Deployment, patterns: Deployment
) -> None:
    changed = {"teardown-release", "begun"}
    for each in patterns.resources:
        if each.name not in changed and "workloads" not in str(each.inputs):
            assert volumes.by_urn(each.urn).inputs == each.inputs, each.name


def test_the_teardown_knows_them_and_goes_first(volumes: Deployment) -> None:
    teardown = volumes.one(":Release", "teardown-release")
    drivers = teardown.inputs["values"]["drivers"]
    assert {"s3.csi.aws.com", "scratch.eks-ml-storage"} <= {*drivers}
    kinds = (":PersistentVolumeClaim", ":PersistentVolume")
    others = {each.urn for kind in kinds for each in volumes.of_type(kind)}
    assert others <= volumes.waits_in_the_end_for(teardown)


def test_the_namespaces_outlive_no_driver(volumes: Deployment) -> None:
    namespace = volumes.one(":Namespace", "namespaces-training")
    driver = volumes.one(":Release", "mount-driver-s3-release")
    assert driver.urn in volumes.waits_in_the_end_for(namespace)
