import base64
import subprocess
import sys
from pathlib import Path

import boto3
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rehearsal.kubernetes.controllers.kubelet import images
from rehearsal.kubernetes.controllers.kubelet.claims import file_system
from rehearsal.kubernetes.controllers.kubelet.env_vars import ConfigError, expand, variables
from rehearsal.kubernetes.controllers.kubelet.volumes import Mount, rewrite
from rehearsal.kubernetes.controllers.quantity import to_bytes

AWS_CLI = "public.ecr.aws/aws-cli/aws-cli:2.31.0"
POD = {
    "metadata": {"name": "pod", "namespace": "team", "uid": "1", "labels": {"app": "x"}},
    "spec": {"nodeName": "node-1"},
    "status": {},
}


@pytest.mark.parametrize(
    ("container", "program"),
    [
        ({"args": ["s3", "ls"]}, ["aws", "s3", "ls"]),
        ({"command": ["aws"], "args": ["s3", "ls"]}, ["aws", "s3", "ls"]),
        ({"command": ["/usr/local/bin/aws", "s3", "ls"]}, ["aws", "s3", "ls"]),
        ({"command": ["sh", "-c", "aws s3 ls"]}, ["sh", "-c", "aws s3 ls"]),
        ({"command": ["/bin/bash", "-c", "x"]}, ["bash", "-c", "x"]),
    ],
)
def test_the_aws_cli_image_is_the_awscli_beside_this_python(container, program):
    command = images.command_line({"image": AWS_CLI, **container})
    assert [Path(command[0]).name, *command[1:]] == program
    assert Path(command[0]).is_absolute()


@pytest.mark.parametrize("program", ["python", "python3", "/usr/bin/python3.11"])
def test_a_workload_is_run_by_this_python_in_any_image(program):
    container = {"image": "any", "command": [program, "-m"], "args": ["sample.x", "a"]}
    assert images.command_line(container) == [sys.executable, "-m", "sample.x", "a"]


@pytest.mark.parametrize(
    "container",
    [
        {"image": "any", "command": ["python", "-m", "http.server"]},
        {"image": "any", "command": ["python", "-c", "sample.x"]},
        {"image": "any", "command": ["pythonic", "-m", "sample.x"]},
        {"image": "python:3.12"},
        {"image": "public.ecr.aws/aws-cli/aws-cli-more:1"},
        {"image": AWS_CLI, "command": ["python", "-c", "1"]},
    ],
)
def test_any_other_image_or_program_can_not_run_here(container):
    assert images.command_line(container) is None
    pod = {"spec": {"containers": [{"image": AWS_CLI}, container]}}
    assert not images.runnable(pod)


MOUNTS = [Mount("/data", Path("/w/fs-1")), Mount("/data/deep", Path("/w/fs-2"))]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("/data", "/w/fs-1"),
        ("/data/x", "/w/fs-1/x"),
        ("/data/deep/x", "/w/fs-2/x"),
        ("/data/deeper", "/w/fs-1/deeper"),
        ("/database", "/database"),
        ("/data-2/x", "/data-2/x"),
        ("/data.csv", "/data.csv"),
        ("s3://bucket/data/x", "s3://bucket/data/x"),
        ("/mnt/data", "/mnt/data"),
        ("--to=/data/x", "--to=/w/fs-1/x"),
        (
            "aws s3 sync s3://b/data /data/x && ls '/data'",
            "aws s3 sync s3://b/data /w/fs-1/x && ls '/w/fs-1'",
        ),
        ("a:/data:/data/deep", "a:/w/fs-1:/w/fs-2"),
    ],
)
def test_paths_at_or_under_a_mount_path_are_rewritten_and_no_others(text, expected):
    assert rewrite(text, MOUNTS) == expected


@given(st.text())
def test_a_text_without_the_mount_path_stays_as_it_is(text):
    if "/data" not in text:
        assert rewrite(text, MOUNTS) == text


@pytest.mark.parametrize(
    ("handle", "parts"),
    [
        ("fs-1", ("efs", "fs-1", "", "")),
        ("fs-1:/a/b", ("efs", "fs-1", "/a/b", "")),
        ("fs-1::fsap-1", ("efs", "fs-1", "", "fsap-1")),
        ("efs:fs-1:/a:fsap-1", ("efs", "fs-1", "/a", "fsap-1")),
        ("s3files:fs-1::fsap-1", ("s3files", "fs-1", "", "fsap-1")),
        ("s3files:fs-1", ("s3files", "fs-1", "", "")),
    ],
)
def test_a_volume_handle_names_a_file_system_a_path_and_an_access_point(handle, parts):
    assert file_system(handle) == parts


def test_variables_are_made_as_a_kubelet_makes_them(kube):
    kube.put("ConfigMap", "team", "settings", data={"A": "1", "B": "2"})
    secret = base64.b64encode(b"hidden").decode()
    kube.put("Secret", "team", "keys", data={"KEY": secret})
    container = {
        "envFrom": [
            {"configMapRef": {"name": "settings"}},
            {"configMapRef": {"name": "settings"}, "prefix": "P_"},
            {"secretRef": {"name": "none", "optional": True}},
        ],
        "env": [
            {"name": "B", "value": "own"},
            {"name": "C", "value": "$(A)-$(B)-$(NONE)-$$(A)"},
            {"name": "KEY", "valueFrom": {"secretKeyRef": {"name": "keys", "key": "KEY"}}},
            {"name": "POD", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
            {"name": "APP", "valueFrom": {"fieldRef": {"fieldPath": "metadata.labels['app']"}}},
        ],
    }
    assert variables(kube, POD, container) == {
        "A": "1",
        "B": "own",
        "P_A": "1",
        "P_B": "2",
        "C": "1-own-$(NONE)-$(A)",
        "KEY": "hidden",
        "POD": "pod",
        "APP": "x",
    }


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ({"configMapKeyRef": {"name": "none", "key": "k"}}, 'configmap "none" not found'),
        ({"secretKeyRef": {"name": "keys", "key": "k"}}, "couldn't find key k in Secret keys"),
        ({"fieldRef": {"fieldPath": "spec.color"}}, "spec.color is not one of"),
        ({"resourceFieldRef": {"resource": "limits.cpu"}}, "resourceFieldRef is not known"),
    ],
)
def test_a_variable_whose_source_is_missing_is_named(kube, source, message):
    kube.put("Secret", "team", "keys", data={})
    with pytest.raises(ConfigError, match=message):
        variables(kube, POD, {"env": [{"name": "X", "valueFrom": source}]})


@given(st.text(st.characters(exclude_characters="$")))
def test_a_text_without_a_dollar_is_not_expanded(text):
    assert expand(text, {"A": "1"}) == text


@pytest.mark.parametrize(
    ("quantity", "number"),
    [
        ("1200Gi", 1200 * 1024**3),
        ("1.5k", 1500),
        ("1e3", 1000),
        ("100m", 1),
        (7, 7),
        ("2T", 2 * 10**12),
    ],
)
def test_a_quantity_is_read_as_kubernetes_reads_it(quantity, number):
    assert to_bytes(quantity) == number


@pytest.mark.parametrize("quantity", ["", "Gi", "1 Gi", "1GiB", "-1"])
def test_what_is_no_quantity_is_refused(quantity):
    with pytest.raises(ValueError, match="is no quantity"):
        to_bytes(quantity)


PYTHON = "public.ecr.aws/docker/library/python:3.13-slim"


def test_pythons_own_image_runs_any_program_with_the_standard_library_alone():
    container = {"image": PYTHON, "command": ["python"], "args": ["-c", "import boto3"]}
    ended = subprocess.run(
        images.command_line(container),
        env={"PYTHONPATH": str(Path(boto3.__file__).parents[1])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "No module named 'boto3'" in ended.stderr


def test_pythons_own_image_finds_the_packages_that_its_container_names(tmp_path):
    (tmp_path / "mine.py").write_text("print('found')")
    own = [{"name": "PYTHONPATH", "value": str(tmp_path)}]
    container = {"image": PYTHON, "command": ["python3", "-m", "mine"], "env": own}
    command = images.command_line(container)
    said = subprocess.check_output(command, env={"PYTHONPATH": str(tmp_path)}, text=True)
    assert said == "found\n"


def test_pythons_own_image_has_a_shell_and_no_other_program():
    assert images.command_line({"image": PYTHON, "command": ["sh", "-c", "true"]}) is not None
    assert images.command_line({"image": PYTHON, "command": ["aws", "s3", "ls"]}) is None
