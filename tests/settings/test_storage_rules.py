"""FSx for Lustre, its link to S3, EFS, and how pods see them."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from components.names import ACK_NAMESPACE
from components.spec.errors import NOT_SET, format_path
from components.storage.fsx_link_spec import DATA_BUCKET, S3Location, locate
from components.storage.fsx_types import (
    HDD_STEPS_GIB,
    SSD_STEP_GIB,
    THROUGHPUTS,
    capacities,
)
from settings.rules.link import overlapping
from tests.settings.configs import Case, assert_refused, checked, errors, keys

FSX, EFS = "storage.fsx", "storage.efs"
EXPORT = f"{FSX}.link.exportPath"
UNLINKED = {f"{FSX}.link": None}

CASES = {
    "the active storage does not stand beside itself": Case(
        {"storage.also": ["fsx"]}, "storage.also[0]", "beside the active one", "fsx", "remove it"
    ),
    "a further storage is named once": Case(
        {"storage.also": ["efs", "efs"]}, "storage.also[1]", "must be named once", "efs", "remove"
    ),
    "a further file system lies in a zone of the network": Case(
        {"storage.backend": "efs", "storage.also": ["fsx"], f"{FSX}.zone": "us-west-2c"},
        "storage.fsx.zone",
        "must be one of network.zones",
        "us-west-2c",
        "set us-west-2a or us-west-2b",
    ),
    "a key of EFS of another Region": Case(
        {"storage.efs.kmsKeyArn": "arn:aws:kms:eu-west-1:123456789012:key/k"},
        "storage.efs.kmsKeyArn",
        "the stack's Region",
        "arn:aws:kms:eu-west-1:123456789012:key/k",
        "a key of us-west-2",
    ),
    "a key of FSx of another Region": Case(
        {"storage.fsx.kmsKeyArn": "arn:aws:kms:eu-west-1:123456789012:key/k"},
        "storage.fsx.kmsKeyArn",
        "the stack's Region",
        "arn:aws:kms:eu-west-1:123456789012:key/k",
        "a key of us-west-2",
    ),
    "HDD is offered for PERSISTENT_1 only": Case(
        {
            f"{FSX}.deploymentType": "SCRATCH_2",
            f"{FSX}.storageType": "HDD",
            f"{FSX}.driveCacheType": "NONE",
        },
        f"{FSX}.storageType",
        "PERSISTENT_1 only, not for SCRATCH_2",
        "HDD",
        "set SSD",
    ),
    "HDD without a drive cache": Case(
        {f"{FSX}.storageType": "HDD", f"{FSX}.storageCapacityGib": 6000},
        f"{FSX}.driveCacheType",
        "must say NONE or READ",
        NOT_SET,
        "set one",
    ),
    "SSD with a drive cache": Case(
        {f"{FSX}.driveCacheType": "READ"},
        f"{FSX}.driveCacheType",
        "only HDD",
        "READ",
        "remove it",
    ),
    "throughput on scratch": Case(
        {f"{FSX}.deploymentType": "SCRATCH_2", f"{FSX}.perUnitStorageThroughput": 200},
        f"{FSX}.perUnitStorageThroughput",
        "SCRATCH_2 SSD has no choice",
        200,
        "remove it",
    ),
    "HDD capacity between the steps of 12 MB/s per TiB": Case(
        {
            f"{FSX}.storageType": "HDD",
            f"{FSX}.driveCacheType": "NONE",
            f"{FSX}.perUnitStorageThroughput": 12,
            f"{FSX}.storageCapacityGib": 7200,
        },
        f"{FSX}.storageCapacityGib",
        "multiple of 6000 GiB for HDD at 12 MB/s per TiB",
        7200,
        "set 6000 or 12000",
    ),
    "a maintenance window on day 0": Case(
        {f"{FSX}.weeklyMaintenanceStartTime": "0:03:00"},
        f"{FSX}.weeklyMaintenanceStartTime",
        "d:HH:MM",
        "0:03:00",
        '"7:03:00"',
    ),
    "backups of scratch": Case(
        UNLINKED | {f"{FSX}.deploymentType": "SCRATCH_2", f"{FSX}.automaticBackupRetentionDays": 7},
        f"{FSX}.automaticBackupRetentionDays",
        "scratch file system has no backups",
        7,
        "set 0",
    ),
    "a backup time without backups": Case(
        {f"{FSX}.dailyAutomaticBackupStartTime": "02:00"},
        f"{FSX}.dailyAutomaticBackupStartTime",
        "automaticBackupRetentionDays is above 0",
        "02:00",
        "remove it",
    ),
    "a backup time without an hour": Case(
        UNLINKED
        | {
            f"{FSX}.automaticBackupRetentionDays": 7,
            f"{FSX}.dailyAutomaticBackupStartTime": "2am",
        },
        f"{FSX}.dailyAutomaticBackupStartTime",
        "HH:MM",
        "2am",
        '"02:00"',
    ),
    "a KMS alias for FSx": Case(
        {f"{FSX}.kmsKeyArn": "alias/mine"},
        f"{FSX}.kmsKeyArn",
        "ARN of a KMS key",
        "alias/mine",
        "describe-key",
    ),
    "a zone outside the network": Case(
        {f"{FSX}.zone": "us-west-2c"},
        f"{FSX}.zone",
        "one of network.zones",
        "us-west-2c",
        "set us-west-2a or us-west-2b",
    ),
    "a preload of what another bucket brings": Case(
        {f"{FSX}.link": {"importPath": "s3://theirs/in/", "exportPath": None, "preload": True}},
        f"{FSX}.link.preload",
        "importPath brings none of them",
        True,
        "set importPath to datasets/",
    ),
    "a preload beside the datasets": Case(
        {f"{FSX}.link": {"importPath": "raw/", "preload": True}},
        f"{FSX}.link.preload",
        "importPath brings none of them",
        True,
        "`preload: false`",
    ),
    "a preload of what is never imported": Case(
        {f"{FSX}.link": {"autoImportPolicy": "NONE", "preload": True}},
        f"{FSX}.link.preload",
        "autoImportPolicy NONE",
        True,
        "set autoImportPolicy to NEW",
    ),
    "a link on PERSISTENT_2": Case(
        {f"{FSX}.deploymentType": "PERSISTENT_2"},
        f"{FSX}.deploymentType",
        "cannot be linked",
        "PERSISTENT_2",
        "link: null",
    ),
    "an import path that is an https address": Case(
        {f"{FSX}.link.importPath": "https://bucket/data"},
        f"{FSX}.link.importPath",
        "prefix of the data bucket",
        "https://bucket/data",
        "datasets/",
    ),
    "an export path outside the import path's bucket": Case(
        {f"{FSX}.link.importPath": "s3://theirs/in/", EXPORT: "exports/"},
        EXPORT,
        "in the bucket of importPath",
        "exports/",
        "set s3://theirs/exports/",
    ),
    "an export path equal to the import path but for a slash": Case(
        {EXPORT: "datasets"}, EXPORT, "differ from importPath", "datasets", "exports/"
    ),
    "an export path equal to the import path in another form": Case(
        {"bucket.name": "my-data", EXPORT: "s3://my-data/datasets/"},
        EXPORT,
        "differ from importPath",
        "s3://my-data/datasets/",
        "exports/",
    ),
    "an archive class under the export path": Case(
        {
            "bucket.lifecycle": [
                {
                    "prefix": "exports/old/",
                    "transitions": [{"days": 1, "storageClass": "DEEP_ARCHIVE"}],
                }
            ]
        },
        "bucket.lifecycle[0].transitions[0].storageClass",
        "stay readable",
        "DEEP_ARCHIVE",
        "GLACIER_IR",
    ),
    "a chunk of nothing": Case(
        {f"{FSX}.link.importedFileChunkSizeMib": 0},
        f"{FSX}.link.importedFileChunkSizeMib",
        "greater than or equal to 1",
        0,
        "within",
    ),
    "maxIO with elastic throughput": Case(
        {f"{EFS}.performanceMode": "maxIO"},
        f"{EFS}.performanceMode",
        "not offered with elastic",
        "maxIO",
        "generalPurpose",
    ),
    "provisioned throughput without its rate": Case(
        {f"{EFS}.throughputMode": "provisioned"},
        f"{EFS}.provisionedThroughputMibps",
        "needs its rate",
        NOT_SET,
        "MiB/s",
    ),
    "a rate without provisioned throughput": Case(
        {f"{EFS}.provisionedThroughputMibps": 100},
        f"{EFS}.provisionedThroughputMibps",
        "no meaning with throughputMode elastic",
        100,
        "remove it",
    ),
    "EFS Archive with bursting throughput": Case(
        {f"{EFS}.throughputMode": "bursting", f"{EFS}.transitionToArchive": "AFTER_90_DAYS"},
        f"{EFS}.transitionToArchive",
        "elastic only",
        "AFTER_90_DAYS",
        "remove it",
    ),
    "EFS Archive before Infrequent Access": Case(
        {f"{EFS}.transitionToIa": "AFTER_30_DAYS", f"{EFS}.transitionToArchive": "AFTER_7_DAYS"},
        f"{EFS}.transitionToArchive",
        "later than transitionToIa",
        "AFTER_7_DAYS",
        "longer",
    ),
    "a KMS alias for EFS": Case(
        {f"{EFS}.kmsKeyArn": "alias/mine"},
        f"{EFS}.kmsKeyArn",
        "ARN of a KMS key",
        "alias/mine",
        "describe-key",
    ),
    "an access point at the root": Case(
        {f"{EFS}.accessPoint.path": "/"},
        f"{EFS}.accessPoint.path",
        "1 to 4 directories",
        "/",
        "/shared",
    ),
    "an access point in a hidden directory": Case(
        {f"{EFS}.accessPoint.path": "/ml/.cache"},
        f"{EFS}.accessPoint.path",
        "none of which begins with a dot",
        "/ml/.cache",
        "/shared",
    ),
    "a mode by which SageMaker cannot read the datasets": Case(
        {f"{EFS}.accessPoint.permissions": "0770"},
        f"{EFS}.accessPoint.permissions",
        "SageMaker reads the datasets as any other user",
        "0770",
        'set "0775"',
    ),
    "a mode by which pods cannot write": Case(
        {f"{EFS}.accessPoint.permissions": "0555"},
        f"{EFS}.accessPoint.permissions",
        "the directory's owner",
        "0555",
        'set "0755"',
    ),
    "a mode without quotes, as YAML reads it": Case(
        {f"{EFS}.accessPoint.permissions": 0o775},
        f"{EFS}.accessPoint.permissions",
        "a string",
        509,
        'write it in quotes: "0775" (YAML reads 0775 without quotes as the number 509)',
    ),
    "a mode of three digits without quotes": Case(
        {f"{EFS}.accessPoint.permissions": 755},
        f"{EFS}.accessPoint.permissions",
        "a string",
        755,
        'write it in quotes: "0755"',
    ),
    "an access point with a decimal mode": Case(
        {f"{EFS}.accessPoint.permissions": "0789"},
        f"{EFS}.accessPoint.permissions",
        "octal",
        "0789",
        '"0775"',
    ),
    "a relative mount path": Case(
        {"storage.mountPath": "data/"}, "storage.mountPath", "absolute", "data/", "/data"
    ),
    "a mount path over the system": Case(
        {"storage.mountPath": "/etc/data"},
        "storage.mountPath",
        "outside the system",
        "/etc/data",
        "/data",
    ),
    "a namespace in capitals": Case(
        {"storage.namespaces": ["training", "Team"]},
        "storage.namespaces[1]",
        "lower-case",
        "Team",
        "rename",
    ),
    "a namespace of Kubernetes": Case(
        {"storage.namespaces": ["training", "kube-system"]},
        "storage.namespaces[1]",
        "Kubernetes' own",
        "kube-system",
        "yours",
    ),
    "a namespace named twice": Case(
        {"storage.namespaces": ["training", "training"]},
        "storage.namespaces[1]",
        "once",
        "training",
        "remove",
    ),
    "jobs in a namespace without a claim": Case(
        {"training.namespace": "other"},
        "training.namespace",
        "one of storage.namespaces",
        "other",
        "set training",
    ),
    "a tag of AWS": Case(
        {"tags": {"aws:mine": "x"}}, 'tags["aws:mine"]', "tag key", "aws:mine", "rename"
    ),
    "a tag that is too long": Case(
        {"tags": {"team": "x" * 257}}, "tags.team", "256", "x" * 257, "shorten"
    ),
    "a tag of the program's own": Case(
        {"tags": {"Stack": "x"}}, "tags.Stack", "Project, Stack and Name", "Stack", "rename it"
    ),
    "a tag of the program's own in other capitals": Case(
        {"tags": {"name": "x"}}, "tags.name", "Project, Stack and Name", "name", "rename it"
    ),
    "two tags that differ in capitals": Case(
        {"tags": {"Team": "x", "team": "y"}}, "tags.team", "there is Team", "team", "rename one"
    ),
    "too many tags": Case(
        {"tags": {f"t{i}": "x" for i in range(41)}}, "tags", "at most 40", 41, "remove some"
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_refused(case: Case) -> None:
    assert_refused(case)


@given(
    capacity=st.integers(1, 10**6),
    kind=st.sampled_from(["SSD", "HDD"]),
    tier=st.sampled_from([12, 40]),
)
def test_a_capacity_offered_instead_is_taken_and_none_between_is(
    capacity: int, kind: str, tier: int
) -> None:
    step = SSD_STEP_GIB if kind == "SSD" else HDD_STEPS_GIB[tier]
    found = capacities(kind, tier, efa=False)  # type: ignore[arg-type]  # drawn text
    assert found is not None
    offered = found.nearest(capacity)
    for one in offered:
        assert found.nearest(one) == (one,)
    assert min(offered) <= max(capacity, min(offered))
    assert all(abs(one - capacity) < step or one == min(offered) for one in offered)
    if len(offered) == 2:
        assert offered[0] < capacity < offered[1]


@given(multiple=st.integers(1, 200))
def test_every_multiple_of_2400_is_taken_for_ssd(multiple: int) -> None:
    found = capacities("SSD", None, efa=False)
    assert found is not None
    assert found.nearest(2400 * multiple) == (2400 * multiple,)


@given(
    pair=st.sampled_from(sorted(THROUGHPUTS)),
    value=st.sampled_from([12, 40, 50, 100, 125, 200, 250, 500, 1000]),
)
def test_throughput_is_taken_exactly_where_fsx_offers_it(pair: tuple[str, str], value: int) -> None:
    deployment, storage = pair
    changes = UNLINKED | {
        f"{FSX}.deploymentType": deployment,
        f"{FSX}.storageType": storage,
        f"{FSX}.driveCacheType": "NONE" if storage == "HDD" else None,
        f"{FSX}.perUnitStorageThroughput": value,
        f"{FSX}.storageCapacityGib": 36000,
    }
    refused = f"{FSX}.perUnitStorageThroughput" in keys(changes)
    assert refused == (value not in THROUGHPUTS[pair])  # type: ignore[index]  # drawn text


@pytest.mark.parametrize(
    ("deployment", "storage", "lowest"),
    [("PERSISTENT_1", "SSD", 50), ("PERSISTENT_1", "HDD", 12), ("PERSISTENT_2", "SSD", 125)],
)
def test_without_a_throughput_it_is_the_lowest_on_offer(
    deployment: str, storage: str, lowest: int
) -> None:
    changes = {f"{FSX}.deploymentType": deployment, f"{FSX}.storageType": storage}
    assert checked(changes)[0].storage.fsx.throughput == lowest


def test_scratch_has_no_throughput_of_its_own() -> None:
    assert checked({f"{FSX}.deploymentType": "SCRATCH_2"})[0].storage.fsx.throughput is None


keys_of_objects = st.text(alphabet="ab/", max_size=6)


@given(keys_of_objects, keys_of_objects, keys_of_objects)
def test_prefixes_overlap_when_some_key_has_both(one: str, other: str, rest: str) -> None:
    assert overlapping(one, other) == overlapping(other, one)
    assert overlapping(one, one + rest)
    if not overlapping(one, other):
        assert not (one + rest).startswith(other)


@given(lifecycle=keys_of_objects, linked=keys_of_objects)
def test_an_archive_rule_is_refused_exactly_where_it_overlaps_the_link(
    lifecycle: str, linked: str
) -> None:
    assume(not linked.startswith("/"))
    rule = {"prefix": lifecycle, "transitions": [{"days": 90, "storageClass": "GLACIER"}]}
    found = keys(
        {
            "bucket.lifecycle": [rule],
            f"{FSX}.link.importPath": linked,
            EXPORT: None,
        }
    )
    key = "bucket.lifecycle[0].transitions[0].storageClass"
    assert (key in found) == (lifecycle.startswith(linked) or linked.startswith(lifecycle))


@pytest.mark.parametrize(
    ("prefix", "found"),
    [("", True), ("datasets/", True), ("datasets/digits/", True), ("exports/", False)],
)
def test_on_efs_too_the_datasets_that_jobs_copy_stay_readable(prefix: str, found: bool) -> None:
    rule = {"prefix": prefix, "transitions": [{"days": 90, "storageClass": "GLACIER"}]}
    key = "bucket.lifecycle[0].transitions[0].storageClass"
    assert keys({"bucket.lifecycle": [rule], "storage.backend": "efs"}) == [key] * found


def test_an_instantly_readable_archive_may_lie_under_the_link() -> None:
    rule = {"transitions": [{"days": 90, "storageClass": "GLACIER_IR"}]}
    assert keys({"bucket.lifecycle": [rule]}) == []


def test_an_archive_rule_beside_a_link_to_another_bucket_is_taken() -> None:
    rule = {"prefix": "exports/", "transitions": [{"days": 90, "storageClass": "GLACIER"}]}
    link = {"importPath": "s3://theirs/data/", "exportPath": "s3://theirs/out/"}
    assert keys({"bucket.lifecycle": [rule], f"{FSX}.link": link}) == []


@pytest.mark.parametrize(
    ("path", "location"),
    [
        ("datasets/", S3Location(DATA_BUCKET, "datasets/")),
        ("", S3Location(DATA_BUCKET, "")),
        ("s3://mine/datasets/", S3Location(DATA_BUCKET, "datasets/")),
        ("s3://theirs/datasets/", S3Location("theirs", "datasets/")),
        ("s3://theirs", S3Location("theirs", "")),
        ("S3://theirs/x", None),
        ("/datasets/", None),
    ],
)
def test_a_path_of_the_link_is_a_prefix_or_an_s3_path(
    path: str, location: S3Location | None
) -> None:
    assert locate(path, "mine") == location


@pytest.mark.parametrize("path", ["datasets/", "datasets", "", "datasets/digits/", "data"])
def test_a_preload_of_what_the_link_brings_is_taken(path: str) -> None:
    assert keys({f"{FSX}.link": {"importPath": path, "preload": True}}) == []


@pytest.mark.parametrize("mode", [0o775, 0o755, 0o777, 755, 775, 777, 0o705])
def test_the_remedy_for_a_mode_without_quotes_is_taken(mode: int) -> None:
    path = f"{EFS}.accessPoint.permissions"
    (error,) = [one for one in errors({path: mode}) if format_path(one.path) == path]
    assert keys({path: error.remedy.split('"')[1]}) == []


@pytest.mark.parametrize(
    "path", ["/opt", "/opt/project", "/opt/project/workloads", "/opt/venv", "/opt/ml", "/tmp"]
)
def test_a_mount_hides_nothing_that_pods_run_from(path: str) -> None:
    assert keys({"storage.mountPath": path}) == ["storage.mountPath"]


@pytest.mark.parametrize("path", ["/data", "/opt/data", "/tmpfs", "/mnt/data"])
def test_a_mount_beside_what_pods_run_from_is_taken(path: str) -> None:
    assert keys({"storage.mountPath": path}) == []


def test_the_namespace_of_the_sagemaker_controller_gets_no_claim() -> None:
    found = keys({"storage.namespaces": [ACK_NAMESPACE, "training"]})
    assert found == ["storage.namespaces[0]"]


@pytest.mark.parametrize("permissions", ["1000", "0000", "070"])
def test_the_mode_that_is_told_to_set_is_taken(permissions: str) -> None:
    key = "storage.efs.accessPoint.permissions"
    remedies = {error.remedy for error in errors({key: permissions, "storage.backend": "efs"})}
    assert len(remedies) == 1, "errors of one mode are mended by one other"
    fitting = remedies.pop().removeprefix('set "').removesuffix('"')
    assert keys({key: fitting, "storage.backend": "efs"}) == []
