"""Creates, updates and deletes, their waits and what they leave in the state."""

from __future__ import annotations

import time
from typing import Any

import pytest

from rehearsal.pulumi.providers import taking_over
from rehearsal.pulumi.providers.kubernetes.objects import changing
from rehearsal.pulumi.providers.server import UNKNOWN, Partial, ProviderError
from tests.patience import PATIENCE
from tests.pulumi.providers.kubernetes.conftest import Workbench
from tests.pulumi.providers.kubernetes.fake_api import FakeApi, Refusal

NAMESPACE = "kubernetes:core/v1:Namespace"
CONFIG_MAP = "kubernetes:core/v1:ConfigMap"
JOB = "kubernetes:batch/v1:Job"
JOB_PATH = "/apis/batch/v1/namespaces/default/jobs/copy"
COPY = {"metadata": {"name": "copy"}, "spec": {"template": {"spec": {}}}}


@pytest.fixture(autouse=True)
def _short_retries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changing, "_RETRIES", (0.01, 0.01))


def test_a_create_posts_strictly_and_remembers_inputs_and_manager(
    api: FakeApi, bench: Workbench
) -> None:
    resource = bench.resource(CONFIG_MAP)
    outputs = resource.up({"metadata": {"name": "one"}, "data": {"a": "b"}})
    assert resource.id == "default/one"
    assert outputs["metadata"]["uid"]
    assert outputs["__inputs"] == resource.inputs
    assert outputs["__initialApiVersion"] == "v1"
    assert outputs["__fieldManager"].startswith("pulumi-kubernetes-")
    [(_, query)] = api.sent("POST")
    assert query == {"fieldValidation": "Strict", "fieldManager": outputs["__fieldManager"]}


def test_an_existing_object_is_refused_with_the_remedies(bench: Workbench) -> None:
    bench.resource(NAMESPACE).up({"metadata": {"name": "one"}})
    with pytest.raises(ProviderError, match=r"(?s)already exists.*pulumi import"):
        bench.resource(NAMESPACE, "again").up({"metadata": {"name": "one"}})


@pytest.mark.difference(
    of="Pulumi",
    what=("A Kubernetes object that a killed update made is taken over by the next update."),
    direction="kinder",
    why="As for resources of AWS.",
    told="A warning on the resource; REHEARSAL_TAKE_OVER=no switches taking over off.",
)
def test_an_object_whose_creation_was_killed_is_taken_over(api: FakeApi, bench: Workbench) -> None:
    bench.resource(NAMESPACE).up({"metadata": {"name": "one"}})
    again = bench.resource(NAMESPACE)  # the same URN, of which the engine knows nothing
    again.up({"metadata": {"name": "one", "labels": {"a": "b"}}})
    assert again.id == "one"
    assert api.objects["/api/v1/namespaces/one"]["metadata"]["labels"] == {"a": "b"}
    assert any("would have refused it with AlreadyExists" in line for line in bench.said)


def test_switched_off_nothing_is_taken_over(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(taking_over.VARIABLE, "no")
    bench.resource(NAMESPACE).up({"metadata": {"name": "one"}})
    with pytest.raises(ProviderError, match="already exists"):
        bench.resource(NAMESPACE).up({"metadata": {"name": "one"}})
    assert not any("taken over" in line for line in bench.said)


def test_an_object_that_is_being_deleted_is_not_taken_over(bench: Workbench) -> None:
    held = {"metadata": {"name": "held", "finalizers": ["example.com/hold"]}}
    resource = bench.resource(CONFIG_MAP)
    resource.up(held)
    with pytest.raises(ProviderError):
        resource.delete(timeout=0.05)
    with pytest.raises(ProviderError, match="already exists"):
        bench.resource(CONFIG_MAP).up(held)


def test_an_annotation_that_cannot_be_read_stops_the_create(api: FakeApi, bench: Workbench) -> None:
    annotations = {"pulumi.com/waitFor": "Ready"}
    with pytest.raises(ProviderError, match=r"pulumi\.com/waitFor"):
        bench.resource(NAMESPACE).up({"metadata": {"name": "one", "annotations": annotations}})
    assert not api.objects


def test_an_object_that_changes_while_it_is_taken_over_is_looked_at_again(
    api: FakeApi, bench: Workbench
) -> None:
    resource = bench.resource(NAMESPACE)
    resource.up({"metadata": {"name": "one"}})
    conflicts = [Refusal(409, "Conflict", "the object has been modified")]
    original = api.answer

    def conflict_once(method: str, path: str, query: dict[str, str], body: Any) -> Any:
        if isinstance(body, list) and conflicts:
            raise conflicts.pop()
        return original(method, path, query, body)

    api.answer = conflict_once  # type: ignore[method-assign]  # a controller, just then
    resource.up({"metadata": {"name": "one", "labels": {"a": "b"}}})
    assert not conflicts


def test_an_existing_object_is_applied_to_when_the_provider_upserts(api: FakeApi) -> None:
    bench = Workbench(api.kubeconfig, upsertExistingObjects=True)
    bench.resource(NAMESPACE).up({"metadata": {"name": "one"}})
    bench.resource(NAMESPACE, "again").up({"metadata": {"name": "one", "labels": {"a": "b"}}})
    assert api.objects["/api/v1/namespaces/one"]["metadata"]["labels"] == {"a": "b"}
    assert not api.sent("POST")


def test_a_preview_is_a_dry_run_that_makes_nothing(api: FakeApi, bench: Workbench) -> None:
    resource = bench.resource(CONFIG_MAP)
    outputs = resource.preview({"metadata": {"name": "one"}})
    assert outputs["metadata"]["uid"], "the server filled it in"
    assert not api.objects


def test_a_preview_with_unknown_values_asks_nobody(api: FakeApi, bench: Workbench) -> None:
    outputs = bench.resource(CONFIG_MAP).preview(
        {"metadata": {"name": "one"}, "data": {"a": UNKNOWN}}
    )
    assert outputs["data"] == {"a": UNKNOWN}
    assert not api.sent("POST")


def test_a_preview_in_a_namespace_to_come_shows_the_inputs(api: FakeApi, bench: Workbench) -> None:
    api.namespaces_needed = True
    outputs = bench.resource(CONFIG_MAP).preview({"metadata": {"name": "one", "namespace": "new"}})
    assert "uid" not in outputs["metadata"]


def test_a_create_waits_for_its_namespace(api: FakeApi, bench: Workbench) -> None:
    api.namespaces_needed = True
    with pytest.raises(ProviderError, match='namespaces "new" not found'):
        bench.resource(CONFIG_MAP).up({"metadata": {"name": "one", "namespace": "new"}})
    assert len(api.sent("POST")) == 3, "two retries"


def test_a_kind_that_is_never_served_names_the_missing_definition(bench: Workbench) -> None:
    job = bench.resource("kubernetes:sagemaker.services.k8s.aws/v1alpha1:TrainingJob")
    with pytest.raises(ProviderError, match=r"does not serve .*TrainingJob.*CustomResourceDef"):
        job.up({"metadata": {"name": "train"}})


def test_a_new_definition_makes_its_kind_known(api: FakeApi, bench: Workbench) -> None:
    job = bench.resource("kubernetes:sagemaker.services.k8s.aws/v1alpha1:TrainingJob")
    job.preview({"metadata": {"name": "train"}})
    api.kinds["/apis/sagemaker.services.k8s.aws/v1alpha1"] = [("TrainingJob", "trainingjobs", True)]
    job.up({"metadata": {"name": "train"}})
    assert job.id == "default/train"


def test_an_update_takes_over_the_fields_that_its_create_set(
    api: FakeApi, bench: Workbench
) -> None:
    resource = bench.resource(NAMESPACE)
    resource.up({"metadata": {"name": "one"}})
    manager = resource.outputs["__fieldManager"]
    resource.up({"metadata": {"name": "one", "labels": {"a": "b"}}})
    path, query = api.sent("PATCH")[-1]
    assert path == "/api/v1/namespaces/one"
    assert query["fieldManager"] == manager
    assert query["force"] == "false"
    managers = api.objects[path]["metadata"]["managedFields"]
    assert [(one["manager"], one["operation"]) for one in managers] == [(manager, "Apply")]


def test_an_annotated_update_wins_conflicts(api: FakeApi, bench: Workbench) -> None:
    resource = bench.resource(NAMESPACE)
    resource.up({"metadata": {"name": "one"}})
    resource.up({"metadata": {"name": "one", "annotations": {"pulumi.com/patchForce": "true"}}})
    assert api.sent("PATCH")[-1][1]["force"] == "true"


def test_an_update_of_what_is_gone_says_to_refresh(api: FakeApi, bench: Workbench) -> None:
    resource = bench.resource(NAMESPACE)
    resource.up({"metadata": {"name": "one"}})
    api.objects.clear()
    with pytest.raises(ProviderError, match="pulumi refresh"):
        resource.up({"metadata": {"name": "one", "labels": {"a": "b"}}})


def test_client_side_apply_labels_the_object_and_merges(api: FakeApi) -> None:
    bench = Workbench(api.kubeconfig, enableServerSideApply="false")
    resource = bench.resource(NAMESPACE)
    resource.up({"metadata": {"name": "one", "labels": {"a": "b"}}})
    labels = api.objects["/api/v1/namespaces/one"]["metadata"]["labels"]
    assert labels == {"a": "b", "app.kubernetes.io/managed-by": "pulumi"}
    resource.up({"metadata": {"name": "one", "labels": {"c": "d"}}})
    labels = api.objects["/api/v1/namespaces/one"]["metadata"]["labels"]
    assert labels == {"c": "d", "app.kubernetes.io/managed-by": "pulumi"}


def test_a_create_waits_until_the_job_is_complete(api: FakeApi, bench: Workbench) -> None:
    api.becomes(
        JOB_PATH,
        {"status": {"startTime": "now", "active": 1}},
        {"status": {"conditions": [{"type": "Complete", "status": "True"}]}},
    )
    outputs = bench.resource(JOB).up(COPY)
    assert outputs["status"]["conditions"][0]["type"] == "Complete"
    assert "Waiting for Job 'copy' to start" in bench.said
    assert "Waiting for Job 'copy' to succeed (Active: 1 | Succeeded: 0 | Failed: 0)" in bench.said


def test_a_failed_job_is_in_the_state_with_its_pods_words(api: FakeApi, bench: Workbench) -> None:
    failed = {"type": "Failed", "status": "True", "reason": "BackoffLimitExceeded", "message": "no"}
    api.becomes(JOB_PATH, {"status": {"conditions": [failed]}})
    pod: dict[str, Any] = {
        "metadata": {"name": "copy-1", "ownerReferences": [{"uid": "uid-1"}]},
        "status": {
            "containerStatuses": [
                {"name": "aws", "state": {"terminated": {"exitCode": 254, "reason": "Error"}}}
            ]
        },
    }
    api.objects["/api/v1/namespaces/default/pods/copy-1"] = pod
    resource = bench.resource(JOB)
    with pytest.raises(Partial) as partial:
        resource.up(COPY)
    assert "[BackoffLimitExceeded] no" in partial.value.reasons
    assert any("exit code 254" in reason for reason in partial.value.reasons)
    assert resource.id == "default/copy"


def test_a_custom_timeout_ends_the_wait_and_tells_the_events(
    api: FakeApi, bench: Workbench
) -> None:
    event = {
        "type": "Warning",
        "reason": "ProvisioningFailed",
        "message": "no such subnet",
        "involvedObject": {"uid": "uid-1"},
    }
    api.objects["/api/v1/namespaces/default/events/one"] = event
    claim = bench.resource("kubernetes:core/v1:PersistentVolumeClaim")
    started = time.monotonic()
    with pytest.raises(Partial) as partial:
        claim.up({"metadata": {"name": "claim"}, "spec": {}}, timeout=0.2)
    assert time.monotonic() - started >= 0.2
    assert "'claim' timed out after 0.2 s waiting to be Ready" in partial.value.reasons
    assert "[ProvisioningFailed] no such subnet" in partial.value.reasons


def test_an_object_deleted_while_awaited_is_not_waited_for(api: FakeApi, bench: Workbench) -> None:
    original = api.answer

    def delete_after_post(method: str, path: str, query: dict[str, str], body: Any) -> Any:
        answer = original(method, path, query, body)
        if method == "POST":
            api.objects.pop(JOB_PATH)
        return answer

    api.answer = delete_after_post  # type: ignore[method-assign]  # someone else, just then
    with pytest.raises(Partial, match="was deleted while it was awaited"):
        bench.resource(JOB).up(COPY)


def test_a_claim_waiting_for_its_first_consumer_is_ready(api: FakeApi, bench: Workbench) -> None:
    bench.resource("kubernetes:storage.k8s.io/v1:StorageClass").up(
        {"metadata": {"name": "late"}, "volumeBindingMode": "WaitForFirstConsumer"}
    )
    path = "/api/v1/namespaces/default/persistentvolumeclaims/claim"
    api.becomes(path, {"status": {"phase": "Pending"}})
    claim = bench.resource("kubernetes:core/v1:PersistentVolumeClaim")
    claim.up(
        {"metadata": {"name": "claim"}, "spec": {"storageClassName": "late"}}, timeout=PATIENCE
    )


def test_a_delete_is_foreground_unless_annotated(api: FakeApi, bench: Workbench) -> None:
    sent: list[Any] = []
    original = api.answer
    api.answer = lambda *call: (sent.append((call[0], call[3])), original(*call))[1]  # type: ignore[method-assign]  # a spy
    for notes in ({}, {"pulumi.com/deletionPropagationPolicy": "orphan"}):
        resource = bench.resource(NAMESPACE)
        resource.up({"metadata": {"name": "one", "annotations": notes}})
        resource.delete()
    policies = [body["propagationPolicy"] for method, body in sent if method == "DELETE"]
    assert policies == ["Foreground", "Orphan"]


def test_what_is_already_gone_is_deleted(api: FakeApi, bench: Workbench) -> None:
    resource = bench.resource(NAMESPACE)
    resource.up({"metadata": {"name": "one"}})
    api.objects.clear()
    resource.delete()


def test_a_delete_that_takes_too_long_names_the_finalizers(bench: Workbench) -> None:
    resource = bench.resource(CONFIG_MAP)
    resource.up({"metadata": {"name": "held", "finalizers": ["fsx.csi.aws.com/hold"]}})
    with pytest.raises(ProviderError, match=r"within 0\.2 s.*fsx\.csi\.aws\.com/hold"):
        resource.delete(timeout=0.2)


def test_a_delete_waits_until_the_finalizers_are_done(api: FakeApi, bench: Workbench) -> None:
    resource = bench.resource(CONFIG_MAP)
    resource.up({"metadata": {"name": "held", "finalizers": ["example.com/hold"]}})
    path = "/api/v1/namespaces/default/configmaps/held"
    original = api.answer

    def release_on_second_read(method: str, where: str, query: dict[str, str], body: Any) -> Any:
        if method == "GET" and len(api.sent("GET")) > reads + 2:
            api.objects.pop(path, None)
        return original(method, where, query, body)

    reads = len(api.sent("GET"))
    api.answer = release_on_second_read  # type: ignore[method-assign]  # the finalizer's owner
    resource.delete(timeout=PATIENCE)
    assert path not in api.objects


def test_a_patch_resource_gives_its_fields_up_and_leaves_the_object(
    api: FakeApi, bench: Workbench
) -> None:
    bench.resource(NAMESPACE).up({"metadata": {"name": "kube-system"}})
    patch = bench.resource("kubernetes:core/v1:NamespacePatch", "labels")
    patch.up({"metadata": {"name": "kube-system", "labels": {"a": "b"}}})
    patch.delete()
    assert "/api/v1/namespaces/kube-system" in api.objects
    assert not api.sent("DELETE")


def test_an_unready_job_is_replaced_when_annotated_so(api: FakeApi, bench: Workbench) -> None:
    annotated = COPY | {
        "metadata": {"name": "copy", "annotations": {"pulumi.com/replaceUnready": "true"}}
    }
    resource = bench.resource(JOB)
    with pytest.raises(Partial):
        resource.up(annotated, timeout=0.05)
    assert resource.diff(annotated).replaces == [
        'metadata.annotations["pulumi.com/replaceUnready"]'
    ]
    api.becomes(JOB_PATH, {"status": {"conditions": [{"type": "Complete", "status": "True"}]}})
    assert not resource.diff(annotated).changes
