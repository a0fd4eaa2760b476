"""Users' objects go while their controllers run, and those that do not go are named."""

from datetime import datetime, timedelta

import pytest

from teardown.__main__ import Unfinished, refuse_retained, tear_down
from teardown.api import Object
from teardown.held import DRIVER_LABEL, Limits
from teardown.remains import Remainder, Scope, find
from tests.teardown.cluster import (
    BORN,
    FSX,
    LATER,
    Cluster,
    claim,
    event,
    owned_by,
    pod,
    volume,
)

DEPLOYMENTS, REPLICA_SETS = "/apis/apps/v1/deployments", "/apis/apps/v1/replicasets"
SERVICES, CLAIMS = "/api/v1/services", "/api/v1/persistentvolumeclaims"
MUCH_LATER = datetime.fromisoformat(LATER) + timedelta(hours=1)
EARLIER = "2026-10-01T00:00:00Z"


WHOLE = Scope([FSX], "ack-system")
SHARED = Scope([FSX], limits=Limits(["fsx-lustre"], ["shared-ml"]), training_jobs=False)
"""In a cluster that outlives the stack, which has a class and a volume of its own."""


def run(
    cluster: Cluster, steps: int = 20, now: datetime = MUCH_LATER, scope: Scope = WHOLE
) -> None:
    tear_down(
        lambda: find(cluster, scope, now),  # type: ignore[arg-type] # a stand-in
        cluster.delete,
        deadline=steps,
        now=lambda: float(cluster.steps),
        sleep=cluster.step,
    )


def left(cluster: Cluster) -> set[str]:
    return {one["metadata"]["name"] for objects in cluster.objects.values() for one in objects}


BEFORE = left(Cluster())


def test_a_claim_of_the_stacks_class_in_any_namespace_goes_and_its_volume_after_it() -> None:
    cluster = Cluster()
    claim(cluster, "mine", "scratch", "pvc-1")
    volume(cluster, "pvc-1", ("mine", "scratch"))
    run(cluster)
    assert left(cluster) == BEFORE


def test_a_claim_of_a_class_of_the_users_own_on_the_same_driver_goes_too() -> None:
    cluster = Cluster()
    spec = {"storageClassName": "my-lustre", "volumeName": ""}
    note = {"volume.kubernetes.io/storage-provisioner": FSX}
    cluster.put(
        "/api/v1/persistentvolumeclaims", "mine", "c", spec=spec, metadata={"annotations": note}
    )
    run(cluster)
    assert left(cluster) == BEFORE


def test_the_cluster_is_looked_at_soon_at_first_and_then_ever_less_often() -> None:
    pauses: list[float] = []
    with pytest.raises(Unfinished):
        tear_down(
            lambda: [Remainder("Pod", "mine", "stuck", "", "uid", True)],
            lambda *_: None,
            deadline=10.0,
            now=lambda: sum(pauses),
            sleep=pauses.append,
        )
    assert pauses[0] < 0.5
    assert pauses == sorted(pauses)
    assert pauses[-2:] == [2.0, 2.0]


def in_the_making(cluster: Cluster) -> Object:
    """A claim for which the driver makes a file system."""
    note = {"volume.kubernetes.io/storage-provisioner": FSX}
    spec = {"storageClassName": "fsx-lustre"}
    return cluster.put(
        "/api/v1/persistentvolumeclaims", "mine", "new", spec=spec, metadata={"annotations": note}
    )


def test_a_claim_whose_file_system_is_being_made_is_deleted_when_it_has_one() -> None:
    cluster = Cluster()
    made = in_the_making(cluster)
    with pytest.raises(Unfinished, match="PersistentVolumeClaim new"):
        run(cluster, steps=3, now=datetime.fromisoformat(LATER))
    assert cluster.deleted == []
    volume(cluster, "pvc-1", ("mine", "new"))
    made["spec"]["volumeName"] = "pvc-1"
    run(cluster, now=datetime.fromisoformat(LATER))
    assert left(cluster) == BEFORE


def test_a_claim_that_got_no_file_system_in_the_longest_time_is_deleted() -> None:
    cluster = Cluster()
    in_the_making(cluster)
    run(cluster)
    assert left(cluster) == BEFORE


def made_for_nobody(cluster: Cluster, seconds: int = 0) -> None:
    now = datetime.fromisoformat(LATER) + timedelta(seconds=seconds)
    run(cluster, steps=3, now=now)


DEADLINE = "failed to provision volume: rpc error: code = DeadlineExceeded desc = context deadline"
QUOTA = "failed to provision volume: rpc error: code = Internal desc = ServiceLimitExceeded"


@pytest.mark.parametrize(
    ("reason", "message"),
    [("Provisioning", "External provisioner is provisioning"), ("ProvisioningFailed", DEADLINE)],
)
def test_a_file_system_that_is_being_made_for_a_deleted_claim_is_waited_for(
    reason: str, message: str
) -> None:
    """The driver makes it to its end, and then deletes it; without the driver it would stay."""
    cluster = Cluster()
    event(cluster, ("mine", "regretted"), reason, message)
    with pytest.raises(Unfinished, match="PersistentVolumeClaim regretted in namespace mine"):
        made_for_nobody(cluster)
    assert cluster.deleted == []


def test_the_last_word_on_a_deleted_claim_counts() -> None:
    """Of two at the same second, the one that says how it ended: lists are ordered by name."""
    cluster = Cluster()
    event(cluster, ("mine", "regretted"), "Provisioning")
    for reason, message in (("ProvisioningSucceeded", ""), ("ProvisioningFailed", QUOTA)):
        last = event(cluster, ("mine", "regretted"), reason, message)
        made_for_nobody(cluster)
        cluster.objects["/api/v1/events"].remove(last)
    event(cluster, ("mine", "regretted"), "ProvisioningFailed", DEADLINE)
    with pytest.raises(Unfinished):
        made_for_nobody(cluster)
    made_for_nobody(cluster, seconds=16 * 60)


def test_an_event_of_a_claim_that_is_there_or_of_another_driver_holds_nothing_up() -> None:
    cluster = Cluster()
    there = claim(cluster, "mine", "scratch", "pvc-1")
    said = event(cluster, ("mine", "scratch"), "Provisioning")
    said["involvedObject"]["uid"] = there["metadata"]["uid"]
    event(cluster, ("mine", "disk"), "Provisioning", driver="ebs.csi.aws.com")
    run(cluster)
    assert "scratch" not in left(cluster)


def test_a_volume_whose_driver_is_gone_is_named_and_the_destroy_ends_with_an_error() -> None:
    cluster = Cluster(driver_runs=False)
    volume(cluster, "pvc-1", ("mine", "scratch"))
    with pytest.raises(Unfinished, match="PersistentVolume pvc-1"):
        run(cluster)
    assert cluster.deleted == [], "the object is the only thing that still tells of the volume"


def test_the_deployment_of_a_pod_goes_before_the_claim_that_the_pod_holds() -> None:
    cluster = Cluster()
    claim(cluster, "ml", "shared", "")
    deployment = cluster.put(DEPLOYMENTS, "ml", "app")
    replicas = cluster.put(REPLICA_SETS, "ml", "app-1", metadata=owned_by(deployment, "Deployment"))
    pod(cluster, "ml", "app-1-x", "shared", **owned_by(replicas, "ReplicaSet"))
    run(cluster)
    assert left(cluster) == BEFORE
    assert "/apis/apps/v1/namespaces/ml/deployments/app" in cluster.deleted


@pytest.mark.parametrize(
    ("path", "kind", "group"),
    [
        ("/apis/apps/v1/statefulsets", "StatefulSet", "apps/v1"),
        ("/apis/apps/v1/daemonsets", "DaemonSet", "apps/v1"),
        ("/apis/batch/v1/jobs", "Job", "batch/v1"),
        ("/api/v1/replicationcontrollers", "ReplicationController", "v1"),
    ],
)
def test_whatever_makes_a_pod_again_goes(path: str, kind: str, group: str) -> None:
    cluster = Cluster()
    claim(cluster, "ml", "shared")
    owner = cluster.put(path, "ml", "app")
    pod(cluster, "ml", "app-0", "shared", **owned_by(owner, kind, group))
    run(cluster)
    assert left(cluster) == BEFORE


def test_a_pod_of_an_unknown_operator_goes_and_its_owner_is_left_alone() -> None:
    cluster = Cluster()
    claim(cluster, "ml", "shared")
    owner = cluster.put("/apis/ray.io/v1/rayclusters", "ml", "ray")
    pod(cluster, "ml", "ray-0", "shared", **owned_by(owner, "RayCluster", "ray.io/v1"))
    run(cluster)
    assert left(cluster) == {*BEFORE, "ray"}


def test_pods_and_claims_that_have_nothing_to_do_with_the_driver_stay() -> None:
    cluster = Cluster()
    spec = {"storageClassName": "gp3", "volumeName": ""}
    cluster.put("/api/v1/persistentvolumeclaims", "mine", "disk", spec=spec)
    pod(cluster, "mine", "db", "disk")
    run(cluster)
    assert left(cluster) == {*BEFORE, "disk", "db"}
    assert cluster.deleted == []


def test_a_pod_that_has_ended_holds_its_claim_and_goes_with_its_job() -> None:
    cluster = Cluster()
    claim(cluster, "ml", "shared")
    job = cluster.put("/apis/batch/v1/jobs", "ml", "done")
    ended = pod(cluster, "ml", "done-1", "shared", **owned_by(job, "Job", "batch/v1"))
    ended["status"] = {"phase": "Succeeded"}
    run(cluster)
    assert left(cluster) == BEFORE


def test_a_generic_ephemeral_volume_is_a_claim_too() -> None:
    cluster = Cluster()
    claim(cluster, "ml", "job-scratch")
    spec = {"nodeName": "node-1", "volumes": [{"name": "scratch", "ephemeral": {}}]}
    cluster.put("/api/v1/pods", "ml", "job", spec=spec)
    run(cluster)
    assert left(cluster) == BEFORE


def test_a_load_balancer_is_waited_for_and_other_services_stay() -> None:
    cluster = Cluster()
    balancer = cluster.put(
        SERVICES,
        "web",
        "front",
        spec={"type": "LoadBalancer"},
        metadata={"finalizers": ["service.kubernetes.io/load-balancer-cleanup"]},
    )
    cluster.put(SERVICES, "web", "inner", spec={"type": "ClusterIP"})
    with pytest.raises(Unfinished, match="Service front in namespace web"):
        run(cluster, steps=3)
    balancer["metadata"]["finalizers"] = []
    run(cluster)
    assert left(cluster) == {*BEFORE, "inner"}


def test_a_load_balancer_older_than_the_stack_is_somebody_elses() -> None:
    cluster = Cluster()
    spec = {"type": "LoadBalancer"}
    cluster.put(SERVICES, "web", "old", spec=spec, metadata={"creationTimestamp": EARLIER})
    cluster.put(SERVICES, "web", "new", spec=spec, metadata={"creationTimestamp": BORN})
    run(cluster)
    assert left(cluster) == {*BEFORE, "old"}


def test_an_ingress_with_a_load_balancer_in_aws_goes_and_others_stay() -> None:
    cluster = Cluster()
    kind = "/apis/networking.k8s.io/v1/ingresses"
    made = cluster.put(kind, "web", "alb", metadata={"finalizers": ["ingress.k8s.aws/resources"]})
    cluster.put(kind, "web", "nginx")
    with pytest.raises(Unfinished, match="Ingress alb"):
        run(cluster, steps=2)
    made["metadata"]["finalizers"] = []
    run(cluster)
    assert "nginx" in left(cluster)


def test_every_object_of_acks_sagemaker_kinds_goes() -> None:
    cluster = Cluster()
    cluster.put("/apis/sagemaker.services.k8s.aws/v1alpha1/trainingjobs", "mine", "job")
    cluster.put("/apis/sagemaker.services.k8s.aws/v1alpha1/endpoints", "mine", "endpoint")
    run(cluster)
    assert left(cluster) == BEFORE


def test_a_file_system_that_is_to_be_kept_is_refused_before_anything_is_deleted() -> None:
    cluster = Cluster()
    volume(cluster, "pvc-1", ("mine", "kept"), policy="Retain")
    with pytest.raises(Unfinished, match=r"pvc-1 .*Retain.*kubectl patch"):
        refuse_retained(cluster, WHOLE)  # type: ignore[arg-type] # a stand-in


def test_a_static_volume_is_nobodys_to_refuse_or_to_wait_for() -> None:
    cluster = Cluster()
    volume(cluster, "shared-ml", ("ml", "shared"), policy="Retain", made="by hand")
    refuse_retained(cluster, WHOLE)  # type: ignore[arg-type] # a stand-in
    run(cluster)
    assert "shared-ml" in left(cluster)


def test_pods_on_a_labelled_volume_without_a_driver_go_with_their_claim() -> None:
    cluster = Cluster()
    for name, labels in (("ours", {DRIVER_LABEL: FSX}), ("theirs", {})):
        cluster.put(
            "/api/v1/persistentvolumes",
            "",
            name,
            metadata={"labels": labels},
            spec={
                "local": {"path": "/disk"},
                "claimRef": {"namespace": "ml", "name": name},
                "persistentVolumeReclaimPolicy": "Retain",
            },
        )
        spec = {"storageClassName": "", "volumeName": name}
        cluster.put("/api/v1/persistentvolumeclaims", "ml", name, spec=spec)
        pod(cluster, "ml", f"pod-{name}", name)
    run(cluster)
    assert {"ours", "theirs", "pod-theirs"} - left(cluster) == set(), "volumes and others' stay"
    assert "pod-ours" not in left(cluster)
    assert [one["metadata"]["name"] for one in cluster.list(CLAIMS)] == ["theirs"]


def test_in_a_cluster_that_stays_only_the_stacks_own_classes_and_volumes_are_cleared() -> None:
    cluster = Cluster()
    claim(cluster, "mine", "ours", "pvc-1")
    volume(cluster, "pvc-1", ("mine", "ours"))
    pod(cluster, "mine", "user-of-ours", "ours")
    volume(cluster, "shared-ml", ("ml", "shared"), policy="Retain", made="by hand")
    static = {"storageClassName": "", "volumeName": "shared-ml"}
    cluster.put(CLAIMS, "ml", "shared", spec=static)
    pod(cluster, "ml", "user-of-shared", "shared")
    others = {"storageClassName": "their-lustre", "volumeName": "pvc-2"}
    cluster.put(CLAIMS, "theirs", "kept", spec=others)
    made = volume(cluster, "pvc-2", ("theirs", "kept"))
    made["spec"]["storageClassName"] = "their-lustre"
    cluster.objects["/api/v1/persistentvolumes"][0]["spec"]["storageClassName"] = "fsx-lustre"
    pod(cluster, "theirs", "their-pod", "kept")
    cluster.put(SERVICES, "theirs", "front", spec={"type": "LoadBalancer"})
    jobs = "/apis/sagemaker.services.k8s.aws/v1alpha1/trainingjobs"
    cluster.put(jobs, "theirs", "training")
    run(cluster, scope=SHARED)
    assert left(cluster) - BEFORE == {
        "shared-ml",
        "kept",
        "pvc-2",
        "their-pod",
        "front",
        "training",
    }


def test_in_a_cluster_that_stays_a_kept_file_system_of_others_refuses_nothing() -> None:
    cluster = Cluster()
    made = volume(cluster, "pvc-2", ("theirs", "kept"), policy="Retain")
    made["spec"]["storageClassName"] = "their-lustre"
    refuse_retained(cluster, SHARED)  # type: ignore[arg-type] # a stand-in
    made["spec"]["storageClassName"] = "fsx-lustre"
    with pytest.raises(Unfinished, match="pvc-2"):
        refuse_retained(cluster, SHARED)  # type: ignore[arg-type] # a stand-in
