"""Faults of pods: slow mounts and evictions, as a kubelet shows them."""

from tests.injection import injected
from tests.kubernetes.controllers.kubelet.samples import POD, schedule, settle

NAME = f"{POD.namespace}/{POD.name}"


def test_a_pod_waits_for_volumes_that_cannot_be_mounted_yet(at):
    schedule(at, command=["sh", "-c", "true"])
    with injected(at.environment, "slow-mount", name=NAME, seconds=3600):
        assert at.controller.reconcile(POD) > 0
        assert at.controller.reconcile(POD) > 0
        (said, *_) = at.kube.said("FailedMount")
        assert said.startswith('MountVolume.SetUp failed for volume "')
        assert at.kube.get(POD)["status"]["phase"] == "Pending"
        for uid in at.controller._faults._mounts_from:
            at.controller._faults._mounts_from[uid] = 0.0  # the hour has passed
        assert settle(at)["phase"] == "Succeeded"


def test_a_pod_without_a_claim_has_nothing_to_mount(at):
    schedule(at, command=["sh", "-c", "true"], volumes=[{"name": "data", "emptyDir": {}}])
    with injected(at.environment, "slow-mount", seconds=3600):
        at.controller.reconcile(POD)
    assert not at.kube.said("FailedMount")


def test_an_evicted_pod_has_failed_with_the_reason_and_is_a_disruption(at):
    schedule(at, command=["sh", "-c", "sleep 3600"])
    with injected(at.environment, "eviction", name="team/*", seconds=0):
        status = settle(at)
    assert (status["phase"], status["reason"]) == ("Failed", "Evicted")
    assert "low on resource: memory" in status["message"]
    disrupted = [one for one in status["conditions"] if one["type"] == "DisruptionTarget"]
    assert [one["status"] for one in disrupted] == ["True"]


def test_another_pod_is_not_evicted(at):
    schedule(at, command=["sh", "-c", "true"])
    with injected(at.environment, "eviction", name="other/*", seconds=0):
        assert settle(at)["phase"] == "Succeeded"
