"""The account on disk: what comes back, what cannot be saved, a full disk, a damaged file."""

from __future__ import annotations

import errno
import io
import sqlite3
import threading
import weakref
import zipfile
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import boto3
import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from moto.backends import get_backend, list_of_moto_modules

from rehearsal.aws import backends
from rehearsal.aws.snapshot import Account
from rehearsal.aws.store import StoreError
from rehearsal.paths import ACCOUNT_ID
from tests.patience import PATIENCE

REGION = "us-west-2"


@pytest.fixture
def path(tmp_path) -> Path:
    return tmp_path / "cloud" / "account.sqlite"


@pytest.fixture
def restart(cloud, path) -> Iterator[Callable[[], Account]]:
    """Return a function that forgets the account in memory and loads it, as a restart does."""

    def again() -> Account:
        if cloud.application.account:
            cloud.application.account.close()
        cloud.application.account = None
        backends.clear()
        cloud.application.account = Account(path)
        return cloud.application.account

    again()
    yield again
    if cloud.application.account:
        cloud.application.account.close()
    cloud.application.account = None


def everything(aws) -> dict[str, object]:
    """Return resources of the account as its services describe them."""
    return {
        "cluster": aws.eks.describe_cluster(name="main")["cluster"],
        "groups": aws.ec2.describe_security_groups()["SecurityGroups"],
        "interfaces": aws.ec2.describe_network_interfaces()["NetworkInterfaces"],
        "roles": aws.iam.list_roles()["Roles"],
        "attached": aws.iam.list_attached_role_policies(RoleName="cluster")["AttachedPolicies"],
        "policies": aws.iam.list_policies(OnlyAttached=True)["Policies"],
        "keys": aws.kms.list_keys()["Keys"],
        "object": aws.s3.get_object(Bucket="data", Key="key")["Body"].read(),
        "tags of the object": aws.s3.get_object_tagging(Bucket="data", Key="key")["TagSet"],
        "encryption": aws.s3.get_bucket_encryption(Bucket="data")[
            "ServerSideEncryptionConfiguration"
        ],
        "file systems": aws.efs.describe_file_systems()["FileSystems"][0]["FileSystemId"],
    }


def test_an_account_comes_back_from_disk_as_it_was(aws, restart, refused):
    aws.cluster()
    aws.iam.attach_role_policy(
        RoleName="cluster", PolicyArn="arn:aws:iam::aws:policy/AmazonEKSClusterPolicy"
    )
    aws.kms.create_key()
    aws.efs_file_system()
    aws.bucket("data")
    aws.s3.put_object(Bucket="data", Key="key", Body=b"content", Tagging="a=b")
    before = everything(aws)
    restart()
    assert everything(aws) == before
    assert before["policies"]
    refused("BucketAlreadyOwnedByYou", aws.bucket, name="data")
    refused("ResourceInUseException", aws.eks.create_addon, **_addon_twice(aws))


def _addon_twice(aws) -> dict[str, str]:
    addon = {"clusterName": "main", "addonName": "coredns"}
    aws.eks.create_addon(**addon)
    return addon


def test_queues_and_sessions_come_back_from_disk(aws, cloud, restart):
    queue = aws.sqs.create_queue(QueueName="events")["QueueUrl"]
    aws.sqs.send_message(QueueUrl=queue, MessageBody="x")
    arn = aws.role("reader", "pods.eks.amazonaws.com")
    keys = aws.sts.assume_role(RoleArn=arn, RoleSessionName="pod")["Credentials"]
    restart()
    assert aws.sqs.receive_message(QueueUrl=queue)["Messages"][0]["Body"] == "x"
    session = boto3.client(
        "sts",
        endpoint_url=cloud.url,
        region_name=REGION,
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
    )
    assert session.get_caller_identity()["Arn"].endswith(":assumed-role/reader/pod")


def test_a_change_in_the_rehearsals_own_words_is_saved(aws, cloud, restart):
    aws.cluster()
    version = {"version": "v9.9.9-eksbuild.1"}
    address = f"{cloud.url}/rehearsal/eks/add-ons/coredns"
    requests.post(
        address, json=version, headers=cloud.credentials.admin_headers, timeout=PATIENCE
    ).raise_for_status()
    restart()
    offered = aws.eks.describe_addon_versions(addonName="coredns")["addons"][0]["addonVersions"]
    assert offered[0]["addonVersion"] == version["version"]


def test_a_resource_that_was_being_created_is_ready_after_a_restart(aws, restart):
    subnets, role = aws.subnets(aws.vpc()), aws.role("cluster", "eks.amazonaws.com")
    made = aws.eks.create_cluster(
        name="main", roleArn=role, resourcesVpcConfig={"subnetIds": subnets}
    )
    assert made["cluster"]["status"] == "CREATING"
    restart()
    assert aws.eks.describe_cluster(name="main")["cluster"]["status"] == "ACTIVE"


def test_what_was_deleted_stays_deleted(aws, restart, path):
    aws.bucket("data")
    for number in range(3):
        aws.s3.put_object(Bucket="data", Key=f"key-{number}", Body=b"x" * 1_000_000)
    aws.role("reader", "pods.eks.amazonaws.com")
    aws.s3.delete_object(Bucket="data", Key="key-1")
    aws.iam.delete_role(RoleName="reader")
    restart()
    kept = [one["Key"] for one in aws.s3.list_objects_v2(Bucket="data")["Contents"]]
    assert kept == ["key-0", "key-2"]
    assert aws.iam.list_roles()["Roles"] == []
    assert rows(path, "apart %") == 2, "the content of a deleted object is removed from the file"


def rows(path: Path, name: str) -> int:
    with sqlite3.connect(f"file:{path}?immutable=1", uri=True) as db:
        (number,) = db.execute("SELECT count(*) FROM account WHERE name LIKE ?", (name,)).fetchone()
    db.close()
    return number


def test_an_object_that_changes_is_saved_again(aws, restart):
    aws.bucket("data")
    aws.s3.put_object(Bucket="data", Key="key", Body=b"old")
    aws.s3.put_object(Bucket="data", Key="other", Body=b"same")
    aws.s3.put_object(Bucket="data", Key="key", Body=b"new")
    source = {"Bucket": "data", "Key": "other"}
    aws.s3.copy_object(
        Bucket="data",
        Key="other",
        CopySource=source,
        Metadata={"a": "b"},
        MetadataDirective="REPLACE",
    )
    restart()
    assert aws.s3.get_object(Bucket="data", Key="key")["Body"].read() == b"new"
    other = aws.s3.get_object(Bucket="data", Key="other")
    assert (other["Body"].read(), other["Metadata"]) == (b"same", {"a": "b"})


def test_an_account_of_an_earlier_release_gets_what_a_service_knows_since_then(aws, restart):
    """Replications of EFS came later than the account that is loaded here."""
    made = aws.efs.create_file_system(CreationToken="first", Encrypted=True)
    del get_backend("efs")[ACCOUNT_ID][REGION].replications
    aws.efs.create_file_system(CreationToken="second", Encrypted=True)
    restart()
    aws.efs.delete_file_system(FileSystemId=made["FileSystemId"])
    assert len(aws.efs.describe_file_systems()["FileSystems"]) == 1


def test_an_upload_in_parts_goes_on_after_a_restart(aws, restart):
    aws.bucket("data")
    upload = {"Bucket": "data", "Key": "key"}
    upload["UploadId"] = aws.s3.create_multipart_upload(**upload)["UploadId"]
    first = aws.s3.upload_part(**upload, PartNumber=1, Body=b"a" * 5 * 2**20)["ETag"]
    restart()
    second = aws.s3.upload_part(**upload, PartNumber=2, Body=b"b")["ETag"]
    parts = [{"PartNumber": 1, "ETag": first}, {"PartNumber": 2, "ETag": second}]
    aws.s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})
    restart()
    body = aws.s3.get_object(Bucket="data", Key="key")["Body"].read()
    assert body == b"a" * 5 * 2**20 + b"b"


def test_a_reset_empties_the_file_too(aws, cloud, restart):
    aws.bucket("data")
    aws.s3.put_object(Bucket="data", Key="key", Body=b"x")
    requests.post(
        f"{cloud.url}/rehearsal/reset", headers=cloud.credentials.admin_headers, timeout=PATIENCE
    ).raise_for_status()
    restart()
    assert aws.s3.list_buckets()["Buckets"] == []


def test_objects_that_services_share_stay_shared(aws, clients, restart):
    scaling = clients("autoscaling")
    subnet = aws.subnet(aws.vpc())
    image = aws.ec2.describe_images()["Images"][0]["ImageId"]
    scaling.create_launch_configuration(
        LaunchConfigurationName="nodes", ImageId=image, InstanceType="m5.large"
    )
    sizes = {"MinSize": 1, "MaxSize": 1, "DesiredCapacity": 1}
    scaling.create_auto_scaling_group(
        AutoScalingGroupName="nodes",
        LaunchConfigurationName="nodes",
        VPCZoneIdentifier=subnet,
        **sizes,
    )
    restart()
    group = get_backend("autoscaling")[ACCOUNT_ID][REGION].autoscaling_groups["nodes"]
    (state,) = group.instance_states
    ec2 = get_backend("ec2")[ACCOUNT_ID][REGION]
    assert ec2.get_instance(state.instance.id) is state.instance
    assert group.ec2_backend is ec2


@given(counts=st.lists(st.integers(0, 4), min_size=1, max_size=3))
@settings(max_examples=4, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_one_of_parallel_creates_that_was_answered_comes_back(cloud, aws, restart, counts):
    cloud.reset()
    for round_, count in enumerate(counts):
        names = [f"role-{round_}-{number}" for number in range(count)]
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda name: aws.role(name, "ec2.amazonaws.com"), names))
        restart()
        kept = {role["RoleName"] for role in aws.iam.list_roles()["Roles"]}
        assert kept >= set(names)
    assert len(kept) == sum(counts)


NEED_PACKAGES = {"cognitoidp", "glue", "xray"}
"""Services of moto whose own packages are not installed."""
NO_SERVICES = {
    *("awslambda_simple", "batch_simple", "core", "moto_api", "moto_proxy", "moto_server"),
    *("s3bucket_path", "utilities"),
}


def touch_every_service() -> set[str]:
    services = set(list_of_moto_modules()) - NEED_PACKAGES - NO_SERVICES
    for service in services:
        regions = get_backend(service)[ACCOUNT_ID]
        regions[next(one for one in (REGION, "aws", *regions.regions) if one in regions.regions)]
    return services


def test_every_service_of_moto_can_be_saved_and_comes_back(aws, cloud, clients, restart):
    services = touch_every_service()
    clients("ecr").create_repository(repositoryName="images")
    clients("ssm").put_parameter(Name="mine", Value="x", Type="String", Tags=[TAG])
    clients("ssm").get_parameter(Name="/aws/service/global-infrastructure/regions/us-west-2")
    make_function(aws, clients("lambda"))
    before = cloud.application.account
    before.save_all()
    assert before.left_out == set()
    restart()
    assert {name.service for name in backends.named()} >= services
    assert clients("ecr").describe_repositories()["repositories"][0]["repositoryName"] == "images"
    assert clients("ssm").get_parameter(Name="mine")["Parameter"]["Value"] == "x"
    tags = clients("ssm").list_tags_for_resource(ResourceType="Parameter", ResourceId="mine")
    assert tags["TagList"] == [TAG]
    assert clients("lambda").list_functions()["Functions"][0]["FunctionName"] == "function"
    clients("lambda").create_alias(FunctionName="function", Name="live", FunctionVersion="$LATEST")


TAG = {"Key": "a", "Value": "b"}


def make_function(aws, lambda_) -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("main.py", "def handler(event, context): pass")
    lambda_.create_function(
        FunctionName="function",
        Runtime="python3.12",
        Role=aws.role("function", "lambda.amazonaws.com"),
        Handler="main.handler",
        Code={"ZipFile": archive.getvalue()},
    )


def test_a_service_that_cannot_be_saved_is_left_out_and_named(aws, cloud, clients, restart, caplog):
    clients("ecr").create_repository(repositoryName="images")
    vars(get_backend("ecr")[ACCOUNT_ID][REGION])["stream"] = (one for one in ())
    aws.bucket("data")
    clients("ecr").create_repository(repositoryName="more")
    assert caplog.text.count("saved without its ecr: cannot pickle 'generator' object") == 1
    answer = requests.post(
        f"{cloud.url}/rehearsal/save", headers=cloud.credentials.admin_headers, timeout=PATIENCE
    )
    assert answer.json() == {"unsaved": ["ecr"]}
    restart()
    assert [one["Name"] for one in aws.s3.list_buckets()["Buckets"]] == ["data"]
    found = clients("ecr").describe_repositories()["repositories"]
    assert [one["repositoryName"] for one in found] == ["images"], "the last state that was saved"


def test_a_service_that_shares_objects_with_one_that_cannot_be_saved_is_kept(aws, cloud, restart):
    group = get_backend("autoscaling")[ACCOUNT_ID][REGION]
    vars(group)["vpc"] = get_backend("ec2")[ACCOUNT_ID][REGION].get_default_vpc()
    aws.vpc()
    vars(group)["stream"] = (one for one in ())
    get_backend("autoscaling")[ACCOUNT_ID][REGION]
    made = aws.vpc()
    assert cloud.application.account.left_out == {"autoscaling"}
    restart()
    assert made in [one["VpcId"] for one in aws.ec2.describe_vpcs()["Vpcs"]]


class Unloadable:
    def __reduce__(self):
        return int, ("not a number",)


def test_a_service_of_moto_that_cannot_be_loaded_is_empty_and_named(aws, clients, restart, caplog):
    clients("ecr").create_repository(repositoryName="images")
    vars(get_backend("ecr")[ACCOUNT_ID][REGION])["value"] = Unloadable()
    aws.bucket("data")
    restart()
    assert "without its ecr 123456789012 us-west-2: invalid literal" in caplog.text
    assert clients("ecr").describe_repositories()["repositories"] == []
    assert [one["Name"] for one in aws.s3.list_buckets()["Buckets"]] == ["data"]


def test_a_service_that_a_program_depends_on_is_never_dropped_in_silence(aws, restart, path):
    vars(get_backend("efs")[ACCOUNT_ID][REGION])["value"] = Unloadable()
    aws.bucket("data")
    with pytest.raises(StoreError, match=r"account\.sqlite.*efs.*invalid literal"):
        restart()


def test_a_dead_reference_does_not_make_the_account_unsavable(aws, cloud, restart):
    ec2 = get_backend("ec2")[ACCOUNT_ID][REGION]
    vars(ec2)["reference"] = weakref.ref(threading.Thread())
    made = aws.vpc()
    assert cloud.application.account.left_out == set()
    restart()
    assert made in [one["VpcId"] for one in aws.ec2.describe_vpcs()["Vpcs"]]


def test_services_of_one_name_are_kept_apart(aws, clients, restart):
    """Moto names the backend of EC2 Instance Connect, and three more, like another service."""
    made = aws.vpc()
    touch_every_service()
    later = aws.vpc()
    restart()
    assert {made, later} <= {one["VpcId"] for one in aws.ec2.describe_vpcs()["Vpcs"]}


def make_full(monkeypatch: pytest.MonkeyPatch, account: Account) -> None:
    """Let every write to the account's file fail, as on a full disk."""

    def fail(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(account._store, "_replace", fail)


def test_on_a_full_disk_a_call_changes_nothing_and_says_so(
    aws, cloud, restart, refused, monkeypatch
):
    aws.cluster()
    aws.efs_file_system()
    aws.bucket("data")
    aws.s3.put_object(Bucket="data", Key="key", Body=b"content")
    before = everything(aws)
    with monkeypatch.context() as patch:
        make_full(patch, cloud.application.account)
        reason = "No space left on device). Make room on that disk"
        put = {"Bucket": "data", "Key": "more", "Body": b"x"}
        refused("InternalFailure", aws.s3.put_object, reason, **put)
        refused("InternalFailure", aws.s3.delete_object, reason, Bucket="data", Key="key")
        refused("InternalFailure", aws.vpc, "CreateVpc has changed nothing")
        refused("InternalFailure", aws.kms.create_key, reason)
        refused("InternalFailure", aws.iam.delete_role, reason, RoleName="cluster")
        refused("InternalFailure", aws.eks.delete_cluster, reason, name="main")
        assert everything(aws) == before
        answer = requests.post(
            f"{cloud.url}/rehearsal/save", headers=cloud.credentials.admin_headers, timeout=PATIENCE
        )
        assert answer.status_code == 507
        assert "Make room on that disk" in answer.json()["message"]
    aws.s3.put_object(**put)
    restart()
    assert everything(aws) == before
    assert aws.s3.get_object(Bucket="data", Key="more")["Body"].read() == b"x"


def test_a_file_that_may_not_grow_refuses_and_keeps_what_it_has(aws, cloud, restart, refused):
    """SQLite's own limit acts as a full disk does: a write fails halfway."""
    aws.bucket("data")
    aws.s3.put_object(Bucket="data", Key="small", Body=b"x")
    db = cloud.application.account._store._db
    (pages,) = db.execute("PRAGMA page_count").fetchone()
    db.execute(f"PRAGMA max_page_count = {pages + 4}")
    large = {"Bucket": "data", "Key": "large", "Body": b"x" * 10**6}
    refused("InternalFailure", aws.s3.put_object, "database or disk is full", **large)
    db.execute("PRAGMA max_page_count = 1000000")
    aws.s3.put_object(Bucket="data", Key="later", Body=b"x")
    restart()
    kept = [one["Key"] for one in aws.s3.list_objects_v2(Bucket="data")["Contents"]]
    assert kept == ["later", "small"]


@pytest.mark.parametrize("damage", ["nothing of the kind", "half", "a page", "one byte"])
def test_a_damaged_file_is_refused_by_its_path(aws, restart, path, damage):
    aws.bucket("data")
    aws.s3.put_object(Bucket="data", Key="key", Body=b"content" * 10_000)
    whole = path.read_bytes()
    middle = whole.index(b"contentcontent") + 20_000
    path.write_bytes(
        {
            "nothing of the kind": b"nothing of the kind",
            "half": whole[: len(whole) // 2],
            "a page": whole[:4096] + bytes(4096) + whole[8192:],
            "one byte": whole[:middle] + b"?" + whole[middle + 1 :],
        }[damage]
    )
    with pytest.raises(StoreError, match=r"account\.sqlite can't be read .*delete it to begin"):
        restart()


def test_a_file_of_another_moto_is_refused(restart, path):
    restart().close()
    with sqlite3.connect(path) as db:
        data = b"3 1.2.3"
        db.execute("UPDATE account SET data = ?, crc = ?", (data, zlib.crc32(data)))
    db.close()
    with pytest.raises(StoreError, match=r"moto 1\.2\.3"):
        restart()


def test_a_folder_that_cannot_be_made_is_refused_by_its_path(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match=r"account\.sqlite"):
        Account(tmp_path / "file" / "account.sqlite")
