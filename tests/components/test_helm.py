from typing import Any

import pulumi
from hypothesis import given
from hypothesis import strategies as st

from components.helm import merge_values, release
from components.helm_spec import ChartSpec
from tests.mocks import Registration, deploy

values = st.recursive(
    st.integers() | st.text(max_size=3) | st.lists(st.integers(), max_size=2),
    lambda inner: st.dictionaries(st.text("abc", min_size=1, max_size=2), inner, max_size=3),
    max_leaves=8,
)
maps = st.dictionaries(st.text("abc", min_size=1, max_size=2), values, max_size=3)


def released(**changes: Any) -> Registration:
    given_chart: dict[str, Any] = {
        "chart": "aws-efs-csi-driver",
        "repository": "https://example.org/charts",
        "version": "4.4.1",
        "timeout_seconds": 300,
        "values": {"node": {"tolerateAllTaints": False}},
    }
    chart = ChartSpec.model_validate({**given_chart, **changes})
    below = {"node": {"serviceAccount": {"create": True}}, "replicaCount": 2}
    opts = pulumi.ResourceOptions()
    return deploy(lambda: release("r", chart, "kube-system", below, opts)).one(":Release")


def test_a_release_has_chart_version_repository_and_the_charts_own_name() -> None:
    inputs = released().inputs
    assert inputs["chart"] == inputs["name"] == "aws-efs-csi-driver"
    assert inputs["version"] == "4.4.1"
    assert inputs["repositoryOpts"] == {"repo": "https://example.org/charts"}
    assert inputs["timeout"] == 300


def test_an_oci_chart_has_no_repository() -> None:
    inputs = released(chart="oci://public.ecr.aws/x/sagemaker-chart", repository=None).inputs
    assert inputs["name"] == "sagemaker-chart"
    assert "repositoryOpts" not in inputs


def test_a_chart_of_a_folder_has_the_folders_name_and_no_repository() -> None:
    inputs = released(chart="./charts/aws-efs-csi-driver/").inputs
    assert inputs["chart"] == "./charts/aws-efs-csi-driver/"
    assert inputs["name"] == "aws-efs-csi-driver"
    assert "repositoryOpts" not in inputs


def test_the_users_values_are_laid_over_ours() -> None:
    assert released().inputs["values"] == {
        "node": {"serviceAccount": {"create": True}, "tolerateAllTaints": False},
        "replicaCount": 2,
    }


@given(below=maps, over=maps)
def test_what_is_laid_over_wins_and_the_rest_stays(
    below: dict[str, Any], over: dict[str, Any]
) -> None:
    merged = merge_values(below, over)
    assert set(merged) == set(below) | set(over)
    for key, value in merged.items():
        if key not in over:
            assert value == below[key]
        elif not isinstance(over[key], dict):
            assert value == over[key]
        else:
            assert over[key].keys() <= value.keys()
    assert merge_values(merged, over) == merged
