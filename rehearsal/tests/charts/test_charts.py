import json

import pytest
import yaml

from rehearsal.charts import CHARTS, HERE, crd, schema


def test_the_crd_in_the_chart_is_what_botocores_model_gives():
    assert crd.FILE.read_text() == crd.text(), "run python -m rehearsal.charts.crd"


@pytest.mark.parametrize("chart", CHARTS)
def test_the_values_schema_in_the_chart_is_what_its_values_give(chart):
    written = (HERE / chart / "values.schema.json").read_text()
    assert written == schema.text(chart), "run python -m rehearsal.charts.schema"


def test_a_training_job_must_say_what_ack_requires():
    assert crd.spec()["required"] == [
        "algorithmSpecification",
        "outputDataConfig",
        "resourceConfig",
        "roleARN",
        "stoppingCondition",
        "trainingJobName",
    ]


def test_the_file_system_of_a_channel_is_spelt_as_ack_spells_it():
    channel = crd.spec()["properties"]["inputDataConfig"]["items"]["properties"]
    source = channel["dataSource"]["properties"]["fileSystemDataSource"]["properties"]
    assert set(source) == {
        "directoryPath",
        "fileSystemAccessMode",
        "fileSystemID",
        "fileSystemType",
    }


def test_the_crd_is_a_structural_schema():
    def check(node, path):
        assert "type" in node, path
        for name, inner in node.get("properties", {}).items():
            check(inner, f"{path}.{name}")
        for keyword in ("items", "additionalProperties"):
            if isinstance(node.get(keyword), dict):
                check(node[keyword], f"{path}[{keyword}]")

    version = crd.definition()["spec"]["versions"][0]
    check(version["schema"]["openAPIV3Schema"], "")


@pytest.mark.parametrize("chart", CHARTS)
def test_every_object_of_values_is_closed_or_checked_by_kubernetes(chart):
    def check(node, path):
        for name, inner in node.get("properties", {}).items():
            if "properties" in inner:
                assert inner["additionalProperties"] is False, f"{path}.{name}"
            check(inner, f"{path}.{name}")

    written = json.loads((HERE / chart / "values.schema.json").read_text())
    assert written["additionalProperties"] is False
    check(written, chart)


@pytest.mark.parametrize(
    ("chart", "version", "accounts"),
    [
        ("aws-fsx-csi-driver", "1.17.0", ["fsx-csi-controller-sa", "fsx-csi-node-sa"]),
        ("aws-efs-csi-driver", "4.4.1", ["efs-csi-controller-sa", "efs-csi-node-sa"]),
        (
            "aws-mountpoint-s3-csi-driver",
            "2.7.0",
            ["s3-csi-driver-controller-sa", "s3-csi-driver-sa"],
        ),
        ("sagemaker-chart", "1.9.1", ["ack-sagemaker-controller"]),
    ],
)
def test_a_chart_has_the_real_ones_name_version_and_service_accounts(chart, version, accounts):
    about = yaml.safe_load((HERE / chart / "Chart.yaml").read_text())
    assert (about["name"], about["version"]) == (chart, version)
    values = yaml.safe_load((HERE / chart / "values.yaml").read_text())
    parts = [values] if "serviceAccount" in values else [values["controller"], values["node"]]
    assert [part["serviceAccount"]["name"] for part in parts] == accounts
