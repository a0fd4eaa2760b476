"""No edge of the graph lengthens the real deployment.

The longest way through the graph, by how long AWS takes for each resource, has to be the one that
AWS itself imposes: network, control plane, nodes, CoreDNS, controller, job. A controller calls AWS
by name when it starts. Minutes as AWS's guides and the drivers' sources give them, where they do;
they need not be exact for the comparison to hold.
"""

from dataclasses import dataclass
from functools import cache

import pytest

from tests.mocks import Deployment, Registration
from tests.program.conftest import Deploy

SECONDS = 1 / 60

MINUTES = {
    # "Cluster provisioning takes several minutes"; with the two add-ons that pulumi-eks waits for.
    # https://docs.aws.amazon.com/eks/latest/userguide/create-cluster.html
    "eks:index:Cluster": 10.0,
    # https://docs.aws.amazon.com/eks/latest/userguide/create-managed-node-group.html
    "eks:index:ManagedNodeGroup": 3.0,
    "eks:index:Addon": 1.0,
    # "around 5 minutes" in the FSx CSI driver's cloud.go, which waits up to 10; more when linked.
    # https://docs.aws.amazon.com/fsx/latest/LustreGuide/getting-started.html
    "aws:fsx/lustreFileSystem:LustreFileSystem": 10.0,
    # https://docs.aws.amazon.com/efs/latest/ug/accessing-fs.html: "up to 90 seconds" for its name
    "aws:efs/mountTarget:MountTarget": 1.5,
    # "Creating a mount target takes up to 5 minutes" (S3 User Guide, S3 Files); the other parts of
    # S3 Files are there at once.
    "aws:s3/filesMountTarget:FilesMountTarget": 5.0,
    # https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-working-with.html
    "aws:ec2/natGateway:NatGateway": 2.0,
    # Images are pulled and probes pass.
    "kubernetes:helm.sh/v3:Release": 1.0,
    "kubernetes:batch/v1:Job": 1.0,
    "pulumi:providers:kubernetes": 0.0,
}


@dataclass(frozen=True)
class Timing:
    """Minute at which a resource is done, and the dependency that it waited for longest."""

    done: float
    after: str | None


def minutes(registration: Registration) -> float:
    """Return the minutes that a resource takes by itself; seconds where AWS answers at once."""
    if registration.type.startswith("eks-ml-storage:"):
        return 0.0
    return MINUTES.get(registration.type, 5 * SECONDS)


def waits(registration: Registration) -> set[str]:
    """All that must be registered first: dependencies, parent and providers."""
    request = registration.options
    providers = [request.provider, *request.providers.values()]
    urns = {reference.rsplit("::", maxsplit=1)[0] for reference in providers if reference}
    return {*registration.dependencies, registration.parent, *urns}


def timings(deployment: Deployment) -> dict[str, Timing]:
    """Return the minute at which each resource is done if all start as early as they may."""
    known = {each.urn: each for each in deployment.resources}

    @cache
    def timing(urn: str) -> Timing:
        before = {each: timing(each).done for each in waits(known[urn]) if each in known}
        last = max(before, key=before.__getitem__, default=None)
        start = before[last] if last else 0.0
        return Timing(start + minutes(known[urn]), last)

    return {urn: timing(urn) for urn in known}


def critical_path(deployment: Deployment) -> list[Registration]:
    """The chain of resources that decides when the training jobs are submitted."""
    timed = timings(deployment)
    jobs = deployment.of_type("v1alpha1:TrainingJob")
    urn: str | None = max((job.urn for job in jobs), key=lambda each: timed[each].done)
    chain = []
    while urn:
        chain.append(deployment.by_urn(urn))
        urn = timed[urn].after
    return chain[::-1]


def substantial(chain: list[Registration]) -> list[str]:
    """The kinds of a chain that take a minute or more."""
    return [each.type.rsplit(":", maxsplit=1)[-1] for each in chain if minutes(each) >= 1]


CONTROLLER = ["Cluster", "ManagedNodeGroup", "Addon", "Release"]
LAZY = {"storage.fsx.link.preload": False}


@pytest.mark.parametrize("changes", [{}, LAZY], ids=["preload", "no preload"])
def test_with_fsx_a_job_waits_for_the_driver_and_until_the_import_is_checked(
    deployed: Deploy, changes: dict[str, bool]
) -> None:
    path = critical_path(deployed("prod", changes))
    assert substantial(path) == [*CONTROLLER, "Job"]
    driver = deployed("prod", changes).one(":Release", "mount-driver-fsx-release")
    assert driver.urn in deployed("prod", changes).waits_in_the_end_for(path[-1])
    assert "mount-imports-digits-job" in {each.name for each in path}


def test_the_controllers_are_installed_at_the_same_time(prod: Deployment) -> None:
    timed = timings(prod)
    driver = prod.one(":Release", "mount-driver-fsx-release")
    launcher = prod.one(":Release", "training-controller-release")
    assert launcher.urn not in prod.waits_in_the_end_for(driver)
    assert driver.urn not in prod.waits_in_the_end_for(launcher)
    assert abs(timed[driver.urn].done - timed[launcher.urn].done) < 0.5


def test_with_efs_a_job_waits_for_driver_and_copy_too(dev: Deployment) -> None:
    path = substantial(critical_path(dev))
    assert path == [*CONTROLLER, "Job"]


def test_with_s3_files_a_job_waits_for_its_objects_and_for_no_pod(deployed: Deploy) -> None:
    made = deployed("s3files")
    path = critical_path(made)
    assert substantial(path) == CONTROLLER
    waited = made.waits_in_the_end_for(path[-1])
    assert not waited & {each.urn for each in made.of_type(":Job")}
    objects = made.of_type(":BucketObjectv2")
    assert objects
    assert {each.urn for each in objects} <= waited, "it reads the objects"


@pytest.mark.parametrize("name", ["dev", "prod"])
def test_the_critical_path_is_no_longer_than_the_chain_that_aws_imposes(
    name: str, request: pytest.FixtureRequest
) -> None:
    deployment: Deployment = request.getfixturevalue(name)
    path = critical_path(deployment)
    imposed = sum(minutes(each) for each in path if minutes(each) >= 1)
    total = timings(deployment)[path[-1].urn].done
    assert total - imposed < 1, "seconds of small resources, no minute of waiting"


@pytest.mark.parametrize("name", ["dev", "prod"])
def test_the_file_system_is_ready_before_the_first_node(
    name: str, request: pytest.FixtureRequest
) -> None:
    deployment: Deployment = request.getfixturevalue(name)
    timed = timings(deployment)
    kinds = (":LustreFileSystem", ":FileSystem", ":MountTarget")
    storage = [timed[each.urn].done for kind in kinds for each in deployment.of_type(kind)]
    nodes = [timed[each.urn].done for each in deployment.of_type(":ManagedNodeGroup")]
    assert storage
    assert max(storage) < min(nodes)


def test_the_control_plane_waits_for_nothing_that_takes_a_minute(dev: Deployment) -> None:
    timed = timings(dev)
    cluster = dev.one("eks:index:Cluster")
    assert timed[cluster.urn].done - minutes(cluster) < 1, "neither NAT nor storage"


def test_a_job_waits_for_none_of_the_other_jobs(deployed: Deploy) -> None:
    job = {"dataset": "digits", "hyperParameters": {"num_round": "50"}}
    jobs_of_one_dataset = {f"job-{number}": job for number in range(5)}
    several = deployed("prod", {**LAZY, "training.jobs": jobs_of_one_dataset})
    jobs = several.of_type("v1alpha1:TrainingJob")
    names = {each.urn for each in jobs}
    assert len(jobs) == 5
    assert not any(names & several.waits_in_the_end_for(each) for each in jobs)
    assert substantial(critical_path(several)) == substantial(critical_path(deployed("prod", LAZY)))


def test_an_edge_too_many_is_seen(prod: Deployment) -> None:
    file_system, cluster = prod.one(":LustreFileSystem"), prod.one("eks:index:Cluster")
    late = Registration(
        file_system.type,
        file_system.name,
        file_system.urn,
        file_system.parent,
        file_system.inputs,
        file_system.dependencies | {cluster.urn},
        file_system.options,
    )
    others = [each for each in prod.resources if each is not file_system]
    slower = critical_path(Deployment(resources=[*others, late]))
    assert "LustreFileSystem" in substantial(slower)
