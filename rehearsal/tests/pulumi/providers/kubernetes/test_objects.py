"""Any object's inputs: completed, compared, read back."""

from __future__ import annotations

import pytest

from rehearsal.pulumi.providers.server import UNKNOWN, Partial, ProviderError, Secret
from tests.pulumi.providers.kubernetes.conftest import Workbench
from tests.pulumi.providers.kubernetes.fake_api import FakeApi

CONFIG_MAP = "kubernetes:core/v1:ConfigMap"
CLAIM = {
    "metadata": {"name": "claim", "annotations": {"pulumi.com/skipAwait": "true"}},
    "spec": {"storageClassName": "efs", "resources": {"requests": {"storage": "1024Gi"}}},
}


def test_a_missing_name_is_the_logical_one_with_digits_and_is_marked(bench: Workbench) -> None:
    inputs = bench.resource(CONFIG_MAP, "settings").check({"data": {"a": "b"}}).inputs
    name = inputs["metadata"]["name"]
    assert name.startswith("settings-")
    assert len(name) == len("settings-") + 7
    assert inputs["metadata"]["annotations"] == {"pulumi.com/autonamed": "true"}


def test_an_autonamed_object_keeps_its_name_in_the_next_update(bench: Workbench) -> None:
    resource = bench.resource(CONFIG_MAP)
    resource.up({"data": {"a": "b"}})
    assert (
        resource.check({"data": {}}).inputs["metadata"]["name"]
        == resource.inputs["metadata"]["name"]
    )


def test_a_namespaced_object_goes_to_the_providers_namespace(api: FakeApi) -> None:
    bench = Workbench(api.kubeconfig, namespace="training")
    assert bench.resource(CONFIG_MAP).check({}).inputs["metadata"]["namespace"] == "training"
    cluster_wide = bench.resource("kubernetes:core/v1:Namespace").check({}).inputs
    assert "namespace" not in cluster_wide["metadata"]


def test_without_a_cluster_the_scope_of_built_in_kinds_is_known() -> None:
    bench = Workbench("")
    scopes = {
        type_: "namespace" in bench.resource(type_).check({}).inputs["metadata"]
        for type_ in (
            "kubernetes:storage.k8s.io/v1:StorageClass",
            "kubernetes:core/v1:ServiceAccount",
            "kubernetes:sagemaker.services.k8s.aws/v1alpha1:TrainingJob",
        )
    }
    assert list(scopes.values()) == [False, True, True]


def test_generate_name_is_refused_under_server_side_apply(bench: Workbench) -> None:
    with pytest.raises(ProviderError, match="generateName"):
        bench.resource(CONFIG_MAP).check({"metadata": {"generateName": "x-"}})


def test_a_list_kind_says_to_use_its_items(bench: Workbench) -> None:
    with pytest.raises(ProviderError, match="use ConfigMap for each of its items"):
        bench.resource("kubernetes:core/v1:ConfigMapList").check({})


def test_a_yaml_component_is_said_not_to_be_emulated(bench: Workbench) -> None:
    with pytest.raises(ProviderError, match="not emulated"):
        bench.resource("kubernetes:yaml/v2:ConfigFile").check({})


def test_nothing_changed_is_no_difference(bench: Workbench) -> None:
    resource = bench.resource("kubernetes:core/v1:PersistentVolumeClaim")
    resource.up(CLAIM)
    assert not resource.diff(CLAIM).changes


def test_an_amount_the_server_writes_differently_is_no_difference(
    api: FakeApi, bench: Workbench
) -> None:
    resource = bench.resource("kubernetes:core/v1:PersistentVolumeClaim")
    resource.up(CLAIM)
    path = "/api/v1/namespaces/default/persistentvolumeclaims/claim"
    api.becomes(path, {"spec": {"resources": {"requests": {"storage": "1Ti"}}}})
    resource.refresh()
    assert not resource.diff(CLAIM).changes


def test_a_new_storage_class_replaces_a_claim_and_deletes_it_first(bench: Workbench) -> None:
    resource = bench.resource("kubernetes:core/v1:PersistentVolumeClaim")
    resource.up(CLAIM)
    difference = resource.diff(CLAIM | {"spec": CLAIM["spec"] | {"storageClassName": "fsx"}})
    assert difference.replaces == ["spec.storageClassName"]
    assert difference.delete_before_replace, "the claim's name is fixed"


def test_a_larger_claim_is_an_update(bench: Workbench) -> None:
    resource = bench.resource("kubernetes:core/v1:PersistentVolumeClaim")
    resource.up(CLAIM)
    larger = {"resources": {"requests": {"storage": "2400Gi"}}}
    difference = resource.diff(CLAIM | {"spec": CLAIM["spec"] | larger})
    assert difference.detailed == {"spec.resources.requests.storage": "update"}


def test_data_of_a_config_map_replaces_it_unless_the_provider_says_mutable(api: FakeApi) -> None:
    for mutable, replaces in ((False, ["data.a"]), (True, [])):
        bench = Workbench(api.kubeconfig, enableConfigMapMutable=mutable)
        resource = bench.resource(CONFIG_MAP, f"map-{mutable}".lower())
        resource.up({"data": {"a": "1"}})
        difference = resource.diff({"data": {"a": "2"}})
        assert difference.replaces == replaces
        assert not difference.delete_before_replace, "an autonamed object gets a new name"


def test_ignored_changes_are_none(bench: Workbench) -> None:
    resource = bench.resource(CONFIG_MAP)
    resource.up({"data": {"a": "1", "b": "1"}})
    difference = resource.diff({"data": {"a": "2", "b": "2"}}, ignore=["data.a"])
    assert difference.detailed == {"data.b": "update-replace"}


def test_a_value_not_known_yet_is_an_update(bench: Workbench) -> None:
    resource = bench.resource("kubernetes:core/v1:Namespace")
    resource.up({"metadata": {"name": "one", "labels": {"owner": "me"}}})
    difference = resource.diff({"metadata": {"name": "one", "labels": {"owner": UNKNOWN}}})
    assert difference.detailed == {"metadata.labels.owner": "update"}


def test_a_refresh_shows_drift_in_the_inputs(api: FakeApi, bench: Workbench) -> None:
    resource = bench.resource("kubernetes:core/v1:Namespace")
    wanted = {"metadata": {"name": "one", "labels": {"owner": "me"}}}
    resource.up(wanted)
    api.objects["/api/v1/namespaces/one"]["metadata"]["labels"]["owner"] = "someone"
    resource.refresh()
    assert resource.inputs["metadata"]["labels"] == {"owner": "someone"}
    assert resource.diff(wanted).detailed == {"metadata.labels.owner": "update"}


def test_what_is_gone_reads_as_gone(api: FakeApi, bench: Workbench) -> None:
    resource = bench.resource("kubernetes:core/v1:Namespace")
    resource.up({"metadata": {"name": "one"}})
    api.objects.clear()
    assert resource.refresh() is None


def test_an_import_takes_inputs_without_what_only_the_server_writes(
    api: FakeApi, bench: Workbench
) -> None:
    bench.resource(CONFIG_MAP).up({"metadata": {"name": "old"}, "data": {"a": "b"}})
    resource = bench.resource(CONFIG_MAP, "adopted")
    resource.id = "default/old"
    assert resource.refresh() == "default/old"
    assert resource.inputs == {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "old", "namespace": "default"},
        "data": {"a": "b"},
    }


def test_a_refresh_tells_that_a_workload_is_not_ready(api: FakeApi, bench: Workbench) -> None:
    resource = bench.resource("kubernetes:core/v1:Pod")
    resource.up({"metadata": {"name": "pod", "annotations": {"pulumi.com/skipAwait": "true"}}})
    resource.inputs["metadata"]["annotations"] = {}
    api.objects["/api/v1/namespaces/default/pods/pod"]["metadata"]["annotations"] = {}
    with pytest.raises(Partial, match="to be scheduled"):
        resource.refresh()


def test_unreachable_clusters_are_read_as_the_settings_say(api: FakeApi) -> None:
    bench = Workbench(api.kubeconfig)
    resource = bench.resource("kubernetes:core/v1:Namespace")
    resource.up({"metadata": {"name": "one"}})
    gone = api.kubeconfig.replace(api.url, "http://127.0.0.1:9")
    bench.configure(kubeconfig=gone)
    with pytest.raises(ProviderError, match="configured Kubernetes cluster is unreachable"):
        resource.refresh()
    bench.configure(kubeconfig=gone, skipUpdateUnreachable=True)
    assert resource.refresh() == "one"
    bench.configure(kubeconfig=gone, deleteUnreachable=True)
    assert resource.refresh() is None


def test_the_content_of_a_secret_is_a_secret_in_the_state(bench: Workbench) -> None:
    secret = bench.resource("kubernetes:core/v1:Secret")
    data = {"password": "aHVzaA=="}
    secret.up({"metadata": {"name": "s", "namespace": "n"}, "stringData": {"password": "hush"}})
    assert secret.checked["data"] == Secret(data)
    assert secret.stored["data"] == secret.stored["__inputs"]["data"] == Secret(data)
    plain = bench.resource("kubernetes:core/v1:ConfigMap")
    plain.up({"metadata": {"name": "s", "namespace": "n"}, "data": data})
    assert plain.stored["data"] == data
