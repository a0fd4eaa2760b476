"""Claims that others use are deleted by no update: it is refused by name, before anything."""

from dataclasses import replace
from typing import Any

import pytest

from components.spec.errors import ConfigError, format_path
from settings.blockers import Blocker, ClusterReadError, Deletions, blockers
from settings.deployed import DataStore, Deployed
from settings.loading import check
from tests.settings.configs import ACCOUNT, REGION, Changes, changed
from tests.settings.test_update_rules import LUSTRE
from tests.teardown.cluster import FSX, Cluster, claim, owned_by, pod, volume

STORE = "fs-0123456789abcdef0"
THERE = Deployed(
    backend="fsx",
    file_systems={"fsx": DataStore(STORE, LUSTRE | {"storageCapacity": 1200})},
    cluster={"name": "main"},
    claims={("ml", "shared"): "fsx", ("default", "shared"): "fsx"},
    workloads=frozenset({("Deployment", "ml", "server")}),
)
NAMES: Changes = {"storage.namespaces": ["ml", "default"], "training.namespace": "ml"}
SWITCH: Changes = {**NAMES, "storage.backend": "efs"}
SWITCHED = Deletions({*THERE.claims}, {FSX}, {STORE})
NOTEBOOK = Blocker(
    "Deployment ml/notebook", "ml/shared", "kubectl -n ml scale deployment notebook", True
)
SCRATCH = Blocker("PersistentVolumeClaim me/x", "me/x", "kubectl -n me delete pvc x", False)


def judged(
    changes: Changes, found_blockers: list[Blocker] | Exception, there: Deployed = THERE
) -> tuple[list[ConfigError], list[Deletions]]:
    """Return the errors about claims, and the deletions that the cluster was searched for."""
    searched = []

    def find(_: Deployed, about: Deletions) -> list[Blocker]:
        searched.append(about)
        if isinstance(found_blockers, Exception):
            raise found_blockers
        return found_blockers

    config = changed(changes)
    _, found = check(
        "p", "s", REGION, config, lambda *_: ACCOUNT, deployed=there, find_blockers=find
    )
    return [one for one in found if "kubectl" in one.remedy], searched


def test_an_update_that_keeps_the_claims_asks_the_cluster_nothing() -> None:
    assert judged(NAMES, []) == ([], [])


def test_the_first_update_asks_no_cluster() -> None:
    assert judged(SWITCH, [NOTEBOOK], Deployed()) == ([], [])


def test_a_switch_names_who_mounts_a_claim_and_whose_claims_go_with_their_commands() -> None:
    found, (searched,) = judged(SWITCH, [NOTEBOOK, SCRATCH])
    assert searched == SWITCHED
    assert [format_path(one.path) for one in found] == ["storage.backend"] * 2
    for error, blocker in zip(found, [NOTEBOOK, SCRATCH], strict=True):
        assert blocker.name in error.rule
        assert f"`{blocker.command}`" in error.remedy


def test_other_errors_are_in_the_same_report() -> None:
    config = changed({**SWITCH, "storage.efs.throughputMode": "fast"})
    _, found = check(
        "p",
        "s",
        REGION,
        config,
        lambda *_: ACCOUNT,
        deployed=THERE,
        find_blockers=lambda *_: [NOTEBOOK],
    )
    assert {format_path(one.path) for one in found} >= {
        "storage.backend",
        "storage.efs.throughputMode",
    }


def test_a_namespace_that_is_removed_goes_with_what_is_in_it() -> None:
    changes = {"storage.namespaces": ["default"], "training.namespace": "default"}
    found, (searched,) = judged(changes, [NOTEBOOK])
    assert searched == Deletions({("ml", "shared")}, namespaces={"ml"})
    assert [format_path(one.path) for one in found] == ["storage.namespaces"]


def test_a_namespace_of_every_cluster_loses_its_claim_alone() -> None:
    _, (searched,) = judged({**NAMES, "storage.namespaces": ["ml"]}, [])
    assert searched == Deletions({("default", "shared")})


def test_a_replacement_of_the_file_system_that_is_allowed_deletes_the_claims_too() -> None:
    smaller = replace(THERE, file_systems={"fsx": DataStore(STORE, LUSTRE)})
    allowed = {**NAMES, "allowReplacementOf": [STORE]}
    _, (searched,) = judged(allowed, [], smaller)
    assert searched == Deletions({*THERE.claims}, file_systems={STORE})


BOTH = replace(
    THERE,
    claims={**THERE.claims, ("ml", "efs"): "efs", ("default", "efs"): "efs"},
    file_systems={**THERE.file_systems, "efs": DataStore("fs-2", {})},
)
BESIDE: Changes = {**NAMES, "storage.also": ["efs"]}
ON_EFS = Blocker("Pod ml/bare", "ml/efs", "kubectl -n ml delete pod bare", True)


def test_a_further_storage_that_comes_deletes_no_claim() -> None:
    assert judged(BESIDE, [NOTEBOOK]) == ([], [])
    assert judged(BESIDE, [NOTEBOOK], BOTH) == ([], [])


def test_a_storage_that_is_taken_out_of_also_names_who_uses_it() -> None:
    found, (searched,) = judged(NAMES, [ON_EFS, SCRATCH], BOTH)
    gone = {("ml", "efs"), ("default", "efs")}
    assert searched == Deletions(gone, {"efs.csi.aws.com"}, {"fs-2"})
    assert [format_path(one.path) for one in found] == ["storage.also"] * 2


def test_storages_that_change_places_lose_their_claims_and_keep_driver_and_file_system() -> None:
    changes = {**NAMES, "storage.backend": "efs", "storage.also": ["fsx"]}
    found, (searched,) = judged(changes, [NOTEBOOK, ON_EFS], BOTH)
    assert searched == Deletions({*BOTH.claims})
    assert [format_path(one.path) for one in found] == ["storage.backend"] * 2


def test_a_storage_without_claims_of_the_stack_is_searched_for_those_of_users() -> None:
    bare = replace(BOTH, claims={})
    _, (searched,) = judged({**NAMES, "storage.namespaces": ["ml"]}, [], bare)
    assert searched == Deletions(drivers={"efs.csi.aws.com"}, file_systems={"fs-2"})


def test_a_claim_on_a_file_system_that_goes_is_named_although_its_driver_stays() -> None:
    cluster = Cluster()
    claim(cluster, "me", "scratch", "pvc-1")
    source = {"driver": "efs.csi.aws.com", "volumeHandle": "fs-2::fsap-1"}
    cluster.put("/api/v1/persistentvolumes", None, "pvc-1", spec={"csi": source})
    assert blockers_in(cluster, Deletions(file_systems={"fs-1"})) == {}
    found = blockers_in(cluster, Deletions(file_systems={"fs-2"}))
    assert set(found) == {"PersistentVolumeClaim me/scratch"}


def test_a_claim_on_a_directory_that_goes_is_named_and_one_that_stays_is_not() -> None:
    of_team = {"namespace": "team", "directory": "teams/a"}
    there = replace(THERE, claims={**THERE.claims, ("team", "results"): "fsx"})
    assert judged({**NAMES, "storage.claims": {"results": of_team}}, [], there) == ([], [])
    mounting = Blocker("Pod ml/bare", "ml/results", "kubectl -n ml delete pod bare", True)
    moved = replace(THERE, claims={**THERE.claims, ("ml", "results"): "fsx"})
    found, (searched,) = judged(NAMES, [mounting], moved)
    assert searched == Deletions({("ml", "results")})
    assert [format_path(one.path) for one in found] == ["storage.claims"]


def test_a_cluster_that_does_not_answer_is_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    monkeypatch.setattr("pulumi.log.warn", said.append)
    found, _ = judged(SWITCH, ClusterReadError("timed out"))
    assert found == []
    assert "timed out" in said[0]


def blockers_in(cluster: Cluster, about: Deletions) -> dict[str, Blocker]:
    """Return the blockers in a cluster by their names."""
    from teardown.remains import look  # noqa: PLC0415

    api: Any = cluster
    return {one.name: one for one in blockers(api, look(api), THERE, about)}


def test_a_users_deployment_is_scaled_to_none_and_the_stacks_own_is_not_named() -> None:
    cluster = Cluster()
    claim(cluster, "ml", "shared")
    for name in ("notebook", "server"):
        made = cluster.put("/apis/apps/v1/deployments", "ml", name)
        owned = owned_by(made, "Deployment")
        replicas = cluster.put("/apis/apps/v1/replicasets", "ml", f"{name}-1", metadata=owned)
        for number in range(2):
            own = owned_by(replicas, "ReplicaSet")
            pod(cluster, "ml", f"{name}-1-{number}", "shared", **own)
    found = blockers_in(cluster, SWITCHED)
    assert list(found) == ["Deployment ml/notebook"]
    command = "kubectl -n ml scale deployment notebook --replicas=0"
    assert found["Deployment ml/notebook"].command == command


def test_pods_of_no_owner_of_a_cron_job_and_of_an_operator_are_named_by_what_frees_the_claim() -> (
    None
):
    cluster = Cluster()
    claim(cluster, "ml", "shared")
    pod(cluster, "ml", "bare", "shared")
    cron = cluster.put("/apis/batch/v1/cronjobs", "ml", "nightly")
    job = cluster.put(
        "/apis/batch/v1/jobs", "ml", "nightly-1", metadata=owned_by(cron, "CronJob", "batch/v1")
    )
    pod(cluster, "ml", "nightly-1-x", "shared", **owned_by(job, "Job", "batch/v1"))
    ray = cluster.put("/apis/ray.io/v1/rayclusters", "ml", "ray")
    pod(cluster, "ml", "ray-0", "shared", **owned_by(ray, "RayCluster", "ray.io/v1"))
    assert {one.command for one in blockers_in(cluster, SWITCHED).values()} == {
        "kubectl -n ml delete pod bare",
        "kubectl -n ml delete job nightly-1",
        "kubectl -n ml delete raycluster.ray.io ray",
    }


def test_a_claim_of_the_driver_that_goes_is_named_with_the_pods_on_it() -> None:
    cluster = Cluster()
    claim(cluster, "me", "scratch", "pvc-1")
    volume(cluster, "pvc-1", ("me", "scratch"))
    pod(cluster, "me", "bare", "scratch")
    assert set(blockers_in(cluster, SWITCHED)) == {
        "Pod me/bare",
        "PersistentVolumeClaim me/scratch",
    }


def test_a_claim_of_another_driver_stays_unless_its_namespace_goes() -> None:
    cluster = Cluster()
    spec = {"storageClassName": "gp3", "volumeName": ""}
    cluster.put("/api/v1/persistentvolumeclaims", "ml", "disk", spec=spec)
    assert blockers_in(cluster, SWITCHED) == {}
    gone = Deletions({("ml", "shared")}, namespaces={"ml"})
    assert set(blockers_in(cluster, gone)) == {"PersistentVolumeClaim ml/disk"}


WITH_OTHERS = replace(
    THERE, claims={**THERE.claims, ("ml", "scratch"): None, ("ml", "s3"): None, ("ml", "x"): "fsx"}
)
KEPT: Changes = {
    **NAMES,
    "nodeGroups.gpu": {"instanceTypes": ["g5.2xlarge"], "instanceStore": True},
    "storage.scratch": {},
    "storage.also": ["s3"],
}


def test_claims_on_disks_and_on_s3_are_deleted_only_with_what_they_are_on() -> None:
    _, (searched,) = judged(KEPT, [], WITH_OTHERS)
    assert searched.claims == {("ml", "x")}, "a claim that no storage has"
    _, (searched,) = judged(NAMES, [], WITH_OTHERS)
    assert searched.claims == {("ml", "x"), ("ml", "scratch"), ("ml", "s3")}


@pytest.mark.parametrize(
    ("name", "key"), [("scratch", "storage.scratch"), ("s3", "storage.also"), ("x", "storage.also")]
)
def test_a_pod_on_such_a_claim_is_named_at_the_key_that_deletes_it(name: str, key: str) -> None:
    blocker = replace(NOTEBOOK, claim=f"ml/{name}")
    there = replace(WITH_OTHERS, claims={**WITH_OTHERS.claims, ("ml", "x"): "efs"})
    there = replace(there, file_systems={**there.file_systems, "efs": DataStore("fs-2", {})})
    (error,), _ = judged(NAMES, [blocker], there)
    assert format_path(error.path) == key
