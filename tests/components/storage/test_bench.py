"""A Job for each storage that is measured, and AWS's figures beside it."""

import json
from typing import Any

import pulumi
import pytest

from components.storage.bench import StorageBench, bench_target
from components.storage.bench_spec import StorageBenchSpec
from components.storage.efs_spec import EfsSpec
from components.storage.figures import promised
from components.storage.fsx_spec import FsxSpec
from components.storage.mountpoint_spec import S3Spec
from components.storage.scratch_spec import ScratchSpec
from tests.components.storage.samples import claim
from tests.mocks import Deployment, deploy

SPECS: dict[str, object] = {"efs": EfsSpec(), "s3": S3Spec(), "scratch": ScratchSpec()}


def program() -> None:
    bench = StorageBench(
        "bench",
        {
            "spec": StorageBenchSpec(size_mib=64, seconds=5),
            "targets": {
                name: bench_target(name, spec, claim(f"of-{name}")) for name, spec in SPECS.items()
            },
            "image": "workloads:1",
        },
    )
    pulumi.export("jobs", bench.jobs)


@pytest.fixture(scope="module")
def made() -> Deployment:
    return deploy(program)


def pod(made: Deployment, storage: str) -> dict[str, Any]:
    found: dict[str, Any] = made.one(":Job", f"bench-{storage}").inputs["spec"]["template"]["spec"]
    return found


def arguments(made: Deployment, storage: str) -> list[str]:
    found: list[str] = pod(made, storage)["containers"][0]["args"]
    return found


def test_each_storage_has_a_job_that_no_update_waits_for(made: Deployment) -> None:
    assert set(made.exports["jobs"]) == set(SPECS)
    for job in made.of_type(":Job"):
        assert job.inputs["metadata"]["annotations"] == {"pulumi.com/skipAwait": "true"}
        assert job.inputs["metadata"]["name"].startswith("bench-")


def test_the_pod_is_told_what_to_measure_and_what_aws_promises(made: Deployment) -> None:
    given = arguments(made, "efs")
    assert given[0] == "/data"
    assert given[given.index("--size-mib") + 1] == "64"
    told = json.loads(given[given.index("--promised") + 1])
    assert told == promised("efs", EfsSpec())


def test_s3_takes_new_files_only_and_root_makes_no_directory_on_it_or_on_disks(
    made: Deployment,
) -> None:
    assert "--new-files-only" in arguments(made, "s3")
    assert "--new-files-only" not in arguments(made, "efs") + arguments(made, "scratch")
    assert pod(made, "efs")["initContainers"][0]["args"][0] == "/data/storage-bench"
    assert "initContainers" not in pod(made, "s3")
    assert "initContainers" not in pod(made, "scratch")


def test_the_pod_runs_on_nodes_with_any_taint(made: Deployment) -> None:
    assert pod(made, "scratch")["tolerations"] == [{"operator": "Exists"}]


@pytest.mark.parametrize(
    ("spec", "figure"),
    [
        (FsxSpec(storage_capacity_gib=2400, per_unit_storage_throughput=50), "120 MB/s"),
        (FsxSpec(storage_capacity_gib=1200, deployment_type="SCRATCH_2"), "240 MB/s"),
        (
            FsxSpec(
                deployment_type="PERSISTENT_2",
                per_unit_storage_throughput=1000,
                storage_capacity_gib=4800,
                link=None,
            ),
            "4800 MB/s",
        ),
        (EfsSpec(), "up to 1500 MiB/s a client"),
        (EfsSpec(throughput_mode="bursting"), "up to 500 MiB/s a client"),
        (
            EfsSpec(throughput_mode="provisioned", provisioned_throughput_mibps=256),
            "256 MiB/s for all clients together",
        ),
        (S3Spec(), "the network of the instance"),
        (ScratchSpec(), "by the instance type"),
    ],
)
def test_the_figure_of_a_sequential_read_follows_from_the_settings(
    spec: object, figure: str
) -> None:
    assert figure in promised("any", spec)["sequential read"]
    assert promised("any", spec)["model load"] == promised("any", spec)["sequential read"]


def test_requests_of_efs_are_fewer_in_one_zone_and_without_the_elastic_mode() -> None:
    assert "90,000 IOPS" in promised("efs", EfsSpec())["random read 4k"]
    one_zone = EfsSpec(zone="us-west-2a")
    assert "7,000 IOPS" in promised("efs", one_zone)["random write 4k"]
    assert "500 MiB/s" in promised("efs", one_zone)["sequential write"]


def test_s3_files_has_figures_by_its_name_and_another_storage_none() -> None:
    assert promised("s3files", object())["sequential read"] == "up to 3 GiB/s a client"
    assert promised("tape", object()) == {}
