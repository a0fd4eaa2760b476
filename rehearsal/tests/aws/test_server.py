"""The server: requests at once, calls that are not emulated, and the account on disk."""

from __future__ import annotations

import pickle
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import boto3
import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rehearsal.aws import backends, snapshot
from rehearsal.aws.server import Handle
from rehearsal.paths import Environment, project
from tests.patience import PATIENCE, until


def ask(method: str, of: Handle | Environment, path: str) -> requests.Response:
    """Send a request with the admin token."""
    url = f"{of.url if isinstance(of, Handle) else of.cloud_url}{path}"
    return requests.request(method, url, headers=of.credentials.admin_headers, timeout=PATIENCE)


@pytest.mark.parametrize(
    ("service", "call", "naming"),
    [
        ("fsx", "describe_file_caches", "fsx DescribeFileCaches"),
        ("sagemaker", "list_hubs", "sagemaker ListHubs"),
        ("ec2", "describe_trunk_interface_associations", "DescribeTrunkInterfaceAssociations"),
        ("eks", "list_insights", "eks"),
        ("pricing", "describe_services", "pricing DescribeServices"),
    ],
)
def test_a_call_that_is_not_emulated_is_refused_by_name(clients, refused, service, call, naming):
    arguments = {"clusterName": "main"} if call == "list_insights" else {}
    refused("NotImplemented", getattr(clients(service), call), naming, **arguments)


def test_only_this_machine_can_reach_it(cloud):
    assert cloud.url.startswith("http://127.0.0.1:")


def test_an_address_of_no_meaning_is_not_found(cloud):
    assert ask("GET", cloud, "/rehearsal/nothing").status_code == 404
    assert ask("GET", cloud, "/rehearsal/save").status_code == 405


def test_of_many_creates_of_one_name_one_succeeds(aws):
    def create(_: int) -> bool:
        try:
            aws.role("same", "ec2.amazonaws.com")
        except aws.iam.exceptions.EntityAlreadyExistsException:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(create, range(8))) == [False] * 7 + [True]


def test_a_slow_sender_holds_nobody_up(cloud, aws):
    host, port = cloud.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as slow:
        head = f"POST / HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Length: 100\r\n\r\n"
        slow.sendall(f"{head}half".encode())
        assert ask("GET", cloud, "/rehearsal/ready").status_code == 200


def everything(aws) -> dict[str, object]:
    """Return resources of the account as its services describe them."""
    return {
        "cluster": aws.eks.describe_cluster(name="main")["cluster"],
        "groups": aws.ec2.describe_security_groups()["SecurityGroups"],
        "interfaces": aws.ec2.describe_network_interfaces()["NetworkInterfaces"],
        "roles": aws.iam.list_roles()["Roles"],
        "keys": aws.kms.list_keys()["Keys"],
        "object": aws.s3.get_object(Bucket="data", Key="key")["Body"].read(),
        "encryption": aws.s3.get_bucket_encryption(Bucket="data")[
            "ServerSideEncryptionConfiguration"
        ],
        "file systems": aws.efs.describe_file_systems()["FileSystems"][0]["FileSystemId"],
    }


def test_an_account_comes_back_from_disk_as_it_was(aws, tmp_path, refused):
    aws.cluster()
    aws.kms.create_key()
    aws.efs_file_system()
    aws.bucket("data")
    aws.s3.put_object(Bucket="data", Key="key", Body=b"content")
    before = everything(aws)
    snapshot.save(tmp_path / "account.pickle")
    backends.clear()
    assert aws.s3.list_buckets()["Buckets"] == []
    snapshot.load(tmp_path / "account.pickle")
    assert everything(aws) == before
    refused("BucketAlreadyOwnedByYou", aws.bucket, name="data")
    refused("ResourceInUseException", aws.eks.create_addon, **_addon_twice(aws))


def _addon_twice(aws) -> dict[str, str]:
    addon = {"clusterName": "main", "addonName": "coredns"}
    aws.eks.create_addon(**addon)
    return addon


def test_queues_and_sessions_come_back_from_disk(aws, cloud, tmp_path):
    queue = aws.sqs.create_queue(QueueName="events")["QueueUrl"]
    aws.sqs.send_message(QueueUrl=queue, MessageBody="x")
    arn = aws.role("reader", "pods.eks.amazonaws.com")
    keys = aws.sts.assume_role(RoleArn=arn, RoleSessionName="pod")["Credentials"]
    snapshot.save(tmp_path / "account.pickle")
    backends.clear()
    snapshot.load(tmp_path / "account.pickle")
    assert aws.sqs.receive_message(QueueUrl=queue)["Messages"][0]["Body"] == "x"
    session = boto3.client(
        "sts",
        endpoint_url=cloud.url,
        region_name="us-west-2",
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
    )
    assert session.get_caller_identity()["Arn"].endswith(":assumed-role/reader/pod")


@given(counts=st.lists(st.integers(0, 4), min_size=1, max_size=3))
@settings(max_examples=4, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_saves_among_parallel_creates_hold_every_answered_one(cloud, aws, tmp_path_factory, counts):
    """The next save has all that a client was told exists, and no half of anything."""
    cloud.reset()
    path = tmp_path_factory.mktemp("snapshots") / "account.pickle"
    for round_, count in enumerate(counts):
        with ThreadPoolExecutor(4) as pool:
            names = [f"role-{round_}-{number}" for number in range(count)]
            answers = [pool.submit(aws.role, name, "ec2.amazonaws.com") for name in names]
            with cloud.application.between_requests:
                snapshot.save(path)
            for answer in answers:
                answer.result()
        with cloud.application.between_requests:
            snapshot.save(path)
            snapshot.load(path)
        kept = {role["RoleName"] for role in aws.iam.list_roles()["Roles"]}
        assert kept >= set(names)
    assert len(kept) == sum(counts)


def test_a_save_that_fails_leaves_the_old_one_whole(aws, tmp_path, monkeypatch):
    path = tmp_path / "account.pickle"
    aws.bucket("data")
    snapshot.save(path)
    before = path.read_bytes()

    def fail(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(snapshot.os, "fsync", fail)
    with pytest.raises(OSError, match="disk full"):
        snapshot.save(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("damage", [b"", b"nothing of the kind", None])
def test_a_damaged_snapshot_is_refused_by_its_path(aws, tmp_path, damage):
    path = tmp_path / "account.pickle"
    aws.bucket("data")
    snapshot.save(path)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2] if damage is None else damage)
    with pytest.raises(snapshot.SnapshotError, match=r"account\.pickle"):
        snapshot.load(path)
    assert aws.s3.list_buckets()["Buckets"] != [], "the account in memory is kept"


def test_a_snapshot_of_another_moto_is_refused(cloud, tmp_path):
    path = tmp_path / "account.pickle"
    path.write_bytes(pickle.dumps({"format": snapshot.FORMAT, "moto": "1.2.3"}))
    with pytest.raises(snapshot.SnapshotError, match=r"moto 1\.2\.3"):
        snapshot.load(path)


@pytest.fixture
def environment(tmp_path, monkeypatch):
    monkeypatch.setenv("REHEARSAL_HOME", str(tmp_path))
    made = Environment.of("dev")
    monkeypatch.setenv("REHEARSAL_ENVIRONMENT", str(made.root))
    return made


def begin(environment: Environment) -> subprocess.Popen[bytes]:
    process = subprocess.Popen([sys.executable, "-m", "rehearsal.aws"], cwd=project())

    def ready() -> bool:
        assert process.poll() is None, "it ended before it was ready"
        try:
            return ask("GET", environment, "/rehearsal/ready").ok
        except requests.ConnectionError:
            return False

    until(ready)
    return process


def s3_of(environment: Environment):
    return boto3.client(
        "s3",
        endpoint_url=environment.cloud_url,
        region_name="us-east-1",
        aws_access_key_id=environment.credentials.access_key,
        aws_secret_access_key=environment.credentials.secret_key,
    )


def test_a_process_killed_while_it_saves_comes_back_with_what_it_had_saved(environment):
    process = begin(environment)
    try:
        s3 = s3_of(environment)
        s3.create_bucket(Bucket="saved")
        ask("POST", environment, "/rehearsal/save")
        saving = threading.Thread(target=save_again_and_again, args=(environment,))
        saving.start()
        time.sleep(random.uniform(0.05, 0.5))
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    saving.join()
    process = begin(environment)
    try:
        s3.create_bucket(Bucket="later")
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0
    backends.clear()
    snapshot.load(environment.cloud_snapshot)
    assert set(buckets()) == {"saved", "later"}, "ending by SIGTERM saves"
    backends.clear()


def buckets() -> list[str]:
    services = {service.service_name: service for service in backends.in_use()}
    return list(services["s3"]["123456789012"]["aws"].buckets)


def save_again_and_again(environment: Environment) -> None:
    try:
        while True:
            ask("POST", environment, "/rehearsal/save")
    except requests.RequestException:
        return
