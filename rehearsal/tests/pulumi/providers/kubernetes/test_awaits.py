"""Conditions for an object to be ready, and the messages until then."""

from __future__ import annotations

from typing import Any

import pytest

from rehearsal.pulumi.providers.kubernetes.awaits import jsonpath, kinds, wait_for
from rehearsal.pulumi.providers.kubernetes.awaits.progress import Progress
from rehearsal.pulumi.providers.server import ProviderError

Manifest = dict[str, Any]


class Around:
    """RelatedObjects made of the given objects."""

    def __init__(self, *objects: Manifest) -> None:
        self.objects = objects

    def listed(self, api_version: str, kind: str, namespace: str) -> list[Manifest]:
        return [one for one in self.objects if one["kind"] == kind]

    def got(self, api_version: str, kind: str, namespace: str, name: str) -> Manifest | None:
        return next(
            (one for one in self.listed("", kind, "") if one["metadata"]["name"] == name), None
        )


def judged(live: Manifest, *around: Manifest) -> Progress:
    return kinds.judgement_of(live)(live, Around(*around))


def conditions(**states: str) -> list[Manifest]:
    return [
        {"type": type_, "status": status, "message": f"{type_}!"}
        for type_, status in states.items()
    ]


def deployment(revision: str = "2", **status: Any) -> Manifest:
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {
            "name": "app",
            "uid": "1",
            "generation": 2,
            "annotations": {"deployment.kubernetes.io/revision": revision},
        },
        "spec": {
            "template": {"spec": {"volumes": [{"persistentVolumeClaim": {"claimName": "data"}}]}}
        },
        "status": {"observedGeneration": 2} | status,
    }


def replica_set(revision: str, ready: int) -> Manifest:
    return {
        "kind": "ReplicaSet",
        "metadata": {
            "name": f"app-{revision}",
            "uid": f"rs-{revision}",
            "ownerReferences": [{"uid": "1"}],
            "annotations": {"deployment.kubernetes.io/revision": revision},
        },
        "spec": {"replicas": 2},
        "status": {"readyReplicas": ready},
    }


AVAILABLE = [
    {"type": "Available", "status": "True"},
    {"type": "Progressing", "status": "True", "reason": "NewReplicaSetAvailable"},
]


def test_a_deployment_is_ready_when_its_newest_replica_set_is() -> None:
    live = deployment(conditions=AVAILABLE)
    assert judged(live, replica_set("2", 2)).ready
    assert not judged(live, replica_set("2", 1)).ready
    assert not judged(live, replica_set("1", 2)).ready, "the old revision does not count"


def test_a_deployment_waits_for_its_claims_and_says_which() -> None:
    claim = {
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "data"},
        "status": {"phase": "Pending"},
    }
    progress = judged(deployment(conditions=AVAILABLE), replica_set("2", 2), claim)
    assert not progress.ready
    assert "Failed to bind PersistentVolumeClaim(s): data" in progress.problems


def test_a_deployment_tells_what_its_pods_complain_of() -> None:
    pod = {
        "kind": "Pod",
        "metadata": {"name": "app-x", "ownerReferences": [{"uid": "rs-2"}]},
        "status": {
            "conditions": [
                {
                    "type": "PodScheduled",
                    "status": "False",
                    "reason": "Unschedulable",
                    "message": "no GPU",
                }
            ]
        },
    }
    problems = judged(deployment(), replica_set("2", 0), pod).problems
    assert "Pod 'app-x': [Unschedulable] no GPU" in problems


NOT_RUN = {"reason": "ImageNotRunnable", "message": "scheduled, not run: vllm"}


def scheduled(name: str, waiting: Manifest) -> Manifest:
    return {
        "kind": "Pod",
        "metadata": {"name": name, "ownerReferences": [{"uid": "rs-2"}]},
        "status": {"containerStatuses": [{"name": "server", "state": {"waiting": waiting}}]},
    }


def test_what_is_not_run_is_told_and_not_waited_for() -> None:
    pods = [scheduled("app-x", NOT_RUN), scheduled("app-y", NOT_RUN)]
    progress = judged(deployment(), replica_set("2", 0), *pods)
    assert progress.ready
    assert progress.warnings == ["scheduled, not run: vllm"]
    assert not judged(deployment(), replica_set("2", 0), pods[0]).ready, "one is not there yet"


def test_a_pod_that_may_yet_run_is_waited_for() -> None:
    creating = scheduled("app-y", {"reason": "ContainerCreating"})
    assert not judged(
        deployment(), replica_set("2", 0), scheduled("app-x", NOT_RUN), creating
    ).ready


def test_a_deployment_its_controller_has_not_seen_is_not_ready() -> None:
    live = deployment(conditions=AVAILABLE, observedGeneration=1)
    assert not judged(live, replica_set("2", 2)).ready


def stateful_set(strategy: str, **status: Any) -> Manifest:
    return {
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "metadata": {"name": "app", "generation": 1},
        "spec": {"replicas": 2, "updateStrategy": {"type": strategy}},
        "status": {"observedGeneration": 1, "replicas": 2, "readyReplicas": 2} | status,
    }


def test_a_stateful_set_is_ready_when_all_replicas_are_of_the_newest_revision() -> None:
    behind = {"currentRevision": "a", "updateRevision": "b"}
    assert judged(stateful_set("RollingUpdate")).ready
    assert not judged(stateful_set("RollingUpdate", readyReplicas=1)).ready
    assert not judged(stateful_set("RollingUpdate", **behind)).ready
    assert judged(stateful_set("OnDelete", **behind)).ready


def test_a_daemon_set_is_ready_when_every_node_has_it() -> None:
    counts = ("currentNumberScheduled", "updatedNumberScheduled", "numberAvailable", "numberReady")
    status = {"observedGeneration": 1, "desiredNumberScheduled": 2} | dict.fromkeys(counts, 2)
    live = {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": {"name": "d", "generation": 1},
    }
    assert judged(live | {"status": status}).ready
    progress = judged(live | {"status": status | {"numberAvailable": 1}})
    assert (progress.ready, progress.message) == (False, "Available: 1/2")


@pytest.mark.parametrize(
    ("phase", "states", "ready"),
    [
        ("Running", {"PodScheduled": "True", "Initialized": "True", "Ready": "True"}, True),
        ("Succeeded", {}, True),
        ("Running", {"PodScheduled": "True", "Initialized": "True", "Ready": "False"}, False),
        ("Pending", {"PodScheduled": "False"}, False),
    ],
)
def test_a_pod_is_ready_when_its_conditions_are(phase: str, states: Any, ready: bool) -> None:
    status = {"phase": phase, "conditions": conditions(**states)}
    live = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "status": status}
    assert judged(live).ready is ready


def test_a_service_waits_for_its_endpoints_unless_it_selects_none() -> None:
    service: Manifest = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "vllm"},
        "spec": {"selector": {"app": "vllm"}},
    }
    ends = {
        "kind": "EndpointSlice",
        "metadata": {"labels": {"kubernetes.io/service-name": "vllm"}},
        "endpoints": [{"conditions": {"ready": True}}, {"conditions": {"ready": False}}],
    }
    assert not judged(service).ready, "its controller has not looked yet"
    assert not judged(service, ends).ready
    assert judged(service, ends | {"endpoints": ends["endpoints"][:1]}).ready
    assert judged(service | {"spec": {"selector": {"a": "b"}, "clusterIP": "None"}}).ready
    assert judged(service | {"spec": {}}).ready


def test_a_load_balancer_waits_for_its_address() -> None:
    live: Manifest = {"apiVersion": "v1", "kind": "Service", "spec": {"type": "LoadBalancer"}}
    assert judged(live).problems == [
        "Service was not allocated an IP address; does your cloud provider support this?"
    ]
    assert judged(live | {"status": {"loadBalancer": {"ingress": [{"ip": "1"}]}}}).ready


def test_a_definition_is_ready_when_established() -> None:
    live = {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition"}
    assert not judged(live).ready
    assert judged(live | {"status": {"conditions": conditions(Established="True")}}).ready


def custom(waits: str, **status: Any) -> Manifest:
    return {
        "apiVersion": "sagemaker.services.k8s.aws/v1alpha1",
        "kind": "TrainingJob",
        "metadata": {"name": "t", "annotations": {"pulumi.com/waitFor": waits}},
        "status": status,
    }


ARN = "jsonpath={.status.ackResourceMetadata.arn}"


@pytest.mark.parametrize(
    ("waits", "status", "ready"),
    [
        (ARN, {}, False),
        (ARN, {"ackResourceMetadata": {"arn": "arn:x"}}, True),
        ("jsonpath={.status.phase}=Bound", {"phase": "Pending"}, False),
        ("jsonpath={.status.phase}=Bound", {"phase": "Bound"}, True),
        (
            'jsonpath={.status.conditions[?(@.type=="A")].status}=True',
            {"conditions": conditions(A="True")},
            True,
        ),
        ("jsonpath={.status.list[1]}=b", {"list": ["a", "b"]}, True),
        ("condition=Ready", {"conditions": conditions(Ready="False")}, False),
        ("condition=Ready", {"conditions": conditions(Ready="True")}, True),
        ("condition=Terminal=False", {"conditions": conditions(Terminal="False")}, True),
        (f'["{ARN}", "condition=Ready"]', {"conditions": conditions(Ready="True")}, False),
    ],
)
def test_wait_for_is_as_annotated(waits: str, status: Manifest, ready: bool) -> None:
    assert judged(custom(waits, **status)).ready is ready


ANSWERED = (
    "jsonpath={[?@.arn || @.conditions[?@.type=='ACK.Terminal' && @.status=='True']"
    " || @.conditions[?@.message && search(@.message,'Limit|ValidationException: ([^C]|C[^o])')]]}"
)


@pytest.mark.parametrize(
    ("status", "ready"),
    [
        ({}, False),
        ({"arn": "arn:x"}, True),
        ({"conditions": conditions(**{"ACK.Terminal": "True"})}, True),
        ({"conditions": conditions(**{"ACK.Terminal": "False"})}, False),
        ({"conditions": [{"type": "R", "message": "ValidationException: no such"}]}, True),
        ({"conditions": [{"type": "R", "message": "ValidationException: Could not"}]}, False),
        ({"conditions": [{"type": "R", "message": "ResourceLimitExceeded"}]}, True),
        ({"conditions": [{"type": "R"}]}, False),
    ],
)
def test_a_filter_may_ask_for_one_of_several_things(status: Manifest, ready: bool) -> None:
    assert judged(custom(ANSWERED, **status)).ready is ready


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("[?!@.a]", [{"b": 1}]),
        ("[?(@.a == 1 || @.b==1)].b", [1]),
        ("[?@.a!=1]", [{"b": 1}]),
        ("[?@['a']==1].a", [1]),
        ("[?@.n==null]", []),
    ],
)
def test_filters_are_those_of_the_rfc(path: str, found: list[Any]) -> None:
    assert jsonpath.select(path, [{"a": 1}, {"b": 1}]) == found


def test_waiting_tells_what_the_controller_says() -> None:
    refused = [{"type": "ACK.Terminal", "status": "True", "message": "role cannot be assumed"}]
    progress = judged(custom(ARN, conditions=refused))
    assert "role cannot be assumed" in progress.problems[1]
    assert not progress.failed, "pulumi-kubernetes waits on, whatever the condition is"


def test_a_stale_status_is_not_believed() -> None:
    live = custom("condition=Ready", conditions=conditions(Ready="True"), observedGeneration=1)
    live["metadata"]["generation"] = 2
    assert not judged(live).ready


@pytest.mark.parametrize(
    "waits",
    [
        "Ready",
        "jsonpath=.status",
        "jsonpath={.a}=",
        "[]",
        "jsonpath={.a..b}",
        "jsonpath={[?@.a=]}",
        "jsonpath={[?search(@.a)]}",
    ],
)
def test_an_annotation_that_cannot_be_read_is_refused(waits: str) -> None:
    with pytest.raises(ProviderError, match=r"pulumi\.com/waitFor"):
        wait_for.readiness(waits)


def test_a_path_that_leads_nowhere_selects_nothing() -> None:
    assert jsonpath.select(".a.b[3]['c'].*", {"a": {"b": [1]}}) == []


def test_skip_await_wins_over_everything() -> None:
    live = custom("condition=Ready")
    live["metadata"]["annotations"]["pulumi.com/skipAwait"] = "true"
    assert judged(live).ready


def test_timeouts_are_custom_annotated_or_the_kinds() -> None:
    claim: Manifest = {"kind": "PersistentVolumeClaim"}
    annotated = claim | {"metadata": {"annotations": {"pulumi.com/timeoutSeconds": "900"}}}
    assert kinds.timeout_of(annotated, 30) == 30
    assert kinds.timeout_of(annotated, 0) == 900
    assert kinds.timeout_of(claim, 0) == 300
    assert kinds.timeout_of(claim, 0, deleting=True) == 600
    assert kinds.timeout_of({"kind": "Job"}, 0) == 600
