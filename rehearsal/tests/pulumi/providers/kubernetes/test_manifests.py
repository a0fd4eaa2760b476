"""Manifests as Pulumi has them and as the API server does."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rehearsal.pulumi.providers.kubernetes.manifests import (
    from_pulumi,
    normalized,
    object_id,
    parse_id,
    pruned,
    to_pulumi,
)
from rehearsal.pulumi.providers.kubernetes.objects.ownership import taken_over
from rehearsal.pulumi.providers.kubernetes.objects.replacement import replacing_fields
from rehearsal.pulumi.providers.kubernetes.quantities import amount, same_quantity
from rehearsal.pulumi.providers.kubernetes.tokens import GroupVersionKind
from rehearsal.pulumi.providers.server import UNKNOWN


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("1000m", "1"),
        ("1000m", 1),
        ("1024Gi", "1Ti"),
        ("0.5", "500m"),
        ("1e3", "1k"),
        ("2G", "2000M"),
    ],
)
def test_the_same_amount_is_the_same_however_it_is_written(one: Any, two: Any) -> None:
    assert same_quantity(one, two)


@pytest.mark.parametrize(("one", "two"), [("1G", "1Gi"), ("1", "one"), (True, 1), ("1", None)])
def test_other_values_are_not_the_same(one: Any, two: Any) -> None:
    assert not same_quantity(one, two)


@given(st.integers(0, 10**6))
def test_a_thousand_millis_are_one(number: int) -> None:
    assert amount(f"{number * 1000}m") == Decimal(number)


def test_dashed_keys_of_schemas_survive_the_way_through_pulumi() -> None:
    schema = {"spec": {"x-kubernetes-preserve-unknown-fields": True, "x_other": None}}
    properties = to_pulumi(schema)
    assert properties == {"spec": {"x_kubernetes_preserve_unknown_fields": True}}
    stored = properties | {"__inputs": {}}
    assert from_pulumi(stored) == {"spec": {"x-kubernetes-preserve-unknown-fields": True}}


def test_string_data_of_a_secret_is_what_the_server_stores() -> None:
    secret = {"kind": "Secret", "stringData": {"user": "me"}, "data": {"a": "Yg=="}}
    assert normalized(secret) == {"kind": "Secret", "data": {"user": "bWU=", "a": "Yg=="}}


def test_unknown_string_data_stays() -> None:
    secret = {"kind": "Secret", "stringData": {"user": UNKNOWN}}
    assert normalized(secret) == secret


def test_pruning_keeps_what_the_inputs_speak_of_in_their_words() -> None:
    live = {"spec": {"cpu": "1", "nodeName": "x", "ports": [{"port": 1, "protocol": "TCP"}]}}
    inputs = {"spec": {"cpu": "1000m", "labels": {}, "ports": [{"port": 1}], "lost": "x"}}
    assert pruned(live, inputs) == {"spec": {"cpu": "1000m", "labels": {}, "ports": [{"port": 1}]}}


def test_ids_read_back() -> None:
    assert parse_id(object_id({"metadata": {"name": "a", "namespace": "b"}})) == ("b", "a")
    assert parse_id(object_id({"metadata": {"name": "a"}})) == ("", "a")


@pytest.mark.parametrize(
    ("group", "kind", "path"),
    [
        ("batch", "Job", "spec.template"),
        ("storage.k8s.io", "StorageClass", "parameters"),
        ("", "PersistentVolume", "spec.csi"),
        ("", "PersistentVolumeClaim", "spec.volumeName"),
        ("", "Secret", "data"),
        ("apps", "Deployment", "spec.selector"),
        ("rbac.authorization.k8s.io", "RoleBinding", "roleRef"),
        ("sagemaker.services.k8s.aws", "TrainingJob", "metadata.name"),
    ],
)
def test_fields_that_replace(group: str, kind: str, path: str) -> None:
    assert path in replacing_fields(GroupVersionKind(group, "v1", kind), {})


def test_an_immutable_config_map_is_replaced_even_where_maps_are_mutable() -> None:
    kind = GroupVersionKind("", "v1", "ConfigMap")
    assert "data" not in replacing_fields(kind, {}, config_map_mutable=True)
    assert "data" in replacing_fields(kind, {"immutable": True}, config_map_mutable=True)


def _entry(manager: str, operation: str, *fields: str) -> dict[str, Any]:
    own = {f"f:{name}": {} for name in fields}
    return {"manager": manager, "operation": operation, "fieldsV1": {"f:spec": own}}


def test_a_manager_takes_over_what_creates_and_kubectl_set_and_nothing_else() -> None:
    controller = _entry("kube-controller-manager", "Update", "c")
    entries = [
        _entry("pulumi-kubernetes", "Update", "a"),
        _entry("mine", "Apply", "b"),
        controller,
        _entry("kubectl", "Apply", "d"),
    ]
    taken = taken_over({"metadata": {"managedFields": entries}}, "mine")
    assert taken == [_entry("mine", "Apply", "b", "a", "d"), controller]


def test_nothing_is_taken_over_twice() -> None:
    entries = [_entry("mine", "Apply", "a")]
    assert taken_over({"metadata": {"managedFields": entries}}, "mine") is None


def deployment(**mount: Any) -> dict[str, Any]:
    """A Deployment with one volume mount, and values that are empty but said on purpose."""
    container = {"name": "main", "env": [{"name": "A", "value": ""}], "volumeMounts": [mount]}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "labels": {"tier": ""}},
        "spec": {
            "replicas": 0,
            "template": {
                "spec": {"automountServiceAccountToken": False, "containers": [container]}
            },
        },
    }


def test_a_false_or_empty_field_is_taken_out_where_kubernetes_cannot_tell_it_from_none() -> None:
    said = deployment(name="data", mountPath="/data", readOnly=False, subPath="")
    found = normalized(said)
    container = found["spec"]["template"]["spec"]["containers"][0]
    assert container["volumeMounts"] == [{"name": "data", "mountPath": "/data"}]
    assert container["env"] == [{"name": "A"}]


def test_a_false_or_empty_field_is_kept_where_it_means_something_else_than_none() -> None:
    found = normalized(deployment(name="data", mountPath=""))
    assert found["spec"]["replicas"] == 0
    assert found["spec"]["template"]["spec"]["automountServiceAccountToken"] is False
    assert found["metadata"]["labels"] == {"tier": ""}
    container = found["spec"]["template"]["spec"]["containers"][0]
    assert container["volumeMounts"] == [{"name": "data", "mountPath": ""}]


def test_the_empty_fields_of_other_kinds_are_not_known_and_kept() -> None:
    job = {"apiVersion": "a.example/v1", "kind": "Thing", "spec": {"suspend": False, "tags": []}}
    assert normalized(job) == job
