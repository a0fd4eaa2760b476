"""The data bucket, the Helm charts and the training jobs."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.spec.errors import NOT_SET
from tests.settings.configs import A_FILE, ANOTHER_FILE, FILES, REMOVED, Case, assert_refused, keys

JOB = "training.jobs.digits"
CHART = str(FILES / "aws-efs-csi-driver")
"""A folder with a chart of version 9.8.7."""
ECR = "123456789012.dkr.ecr.us-west-2.amazonaws.com"


def rule(*steps: tuple[int, str], **others: int) -> dict[str, object]:
    """A lifecycle rule away from what FSx is linked to."""
    moves = [{"days": days, "storageClass": name} for days, name in steps]
    return {"prefix": "models/", "transitions": moves, **others}


CASES = {
    "a rule that deletes the datasets": Case(
        {"bucket.lifecycle": [{"expirationDays": 365}]},
        "bucket.lifecycle[0].expirationDays",
        "no later update would bring back",
        365,
        "such as models/",
    ),
    "a key of the bucket by an alias": Case(
        {"bucket.kmsKeyArn": "alias/data"},
        "bucket.kmsKeyArn",
        "ARN of a KMS key",
        "alias/data",
        "describe-key",
    ),
    "a key of the bucket of another Region": Case(
        {"bucket.kmsKeyArn": "arn:aws:kms:us-east-1:123456789012:key/k"},
        "bucket.kmsKeyArn",
        "the stack's Region",
        "arn:aws:kms:us-east-1:123456789012:key/k",
        "a key of us-west-2",
    ),
    "a bucket name in capitals": Case(
        {"bucket.name": "My-Bucket"}, "bucket.name", "lower-case", "My-Bucket", "rename"
    ),
    "a bucket name like an address": Case(
        {"bucket.name": "10.0.0.1"}, "bucket.name", "bucket name", "10.0.0.1", "rename"
    ),
    "a bucket adopted by its ARN": Case(
        {"bucket.existing": "arn:aws:s3:::mine"},
        "bucket.existing",
        "bucket name",
        "arn:aws:s3:::mine",
        "not an ARN",
    ),
    "a bucket both adopted and named": Case(
        {"bucket.existing": "theirs", "bucket.name": "ours"},
        "bucket.name",
        "adopted as it is",
        "ours",
        "remove name",
    ),
    "a bucket adopted and destroyed": Case(
        {"bucket.existing": "theirs", "bucket.forceDestroy": True},
        "bucket.forceDestroy",
        "adopted as it is",
        True,
        "remove forceDestroy",
    ),
    "infrequent access too soon": Case(
        {"bucket.lifecycle": [rule((7, "STANDARD_IA"))]},
        "bucket.lifecycle[0].transitions[0].days",
        "30 days or more",
        7,
        "set 30",
    ),
    "transitions out of time": Case(
        {"bucket.lifecycle": [rule((90, "STANDARD_IA"), (60, "GLACIER_IR"))]},
        "bucket.lifecycle[0].transitions[1].days",
        "30 days or more after the transition before",
        60,
        "set 120",
    ),
    "Glacier too soon after infrequent access": Case(
        {"bucket.lifecycle": [rule((60, "ONEZONE_IA"), (61, "GLACIER"))]},
        "bucket.lifecycle[0].transitions[1].days",
        "30 days or more after the transition before",
        61,
        "set 90",
    ),
    "transitions between archives out of time": Case(
        {"bucket.lifecycle": [rule((90, "GLACIER"), (60, "DEEP_ARCHIVE"))]},
        "bucket.lifecycle[0].transitions[1].days",
        "later than the transition before",
        60,
        "set 91",
    ),
    "transitions up the waterfall": Case(
        {"bucket.lifecycle": [rule((60, "GLACIER"), (90, "STANDARD_IA"))]},
        "bucket.lifecycle[0].transitions[1].storageClass",
        "only in the order STANDARD_IA",
        "STANDARD_IA",
        "later class",
    ),
    "deletion before the last transition": Case(
        {"bucket.lifecycle": [rule((60, "GLACIER"), expirationDays=60)]},
        "bucket.lifecycle[0].expirationDays",
        "later than the rule's last transition",
        60,
        "set 61",
    ),
    "a lifecycle rule that does nothing": Case(
        {"bucket.lifecycle": [{"prefix": "models/"}]},
        "bucket.lifecycle[0]",
        "must have transitions",
        {
            "prefix": "models/",
            "transitions": (),
            "expirationDays": None,
            "noncurrentExpirationDays": None,
        },
        "add one",
    ),
    "a dataset with a name of two words": Case(
        {"datasets.my data": {"files": {"train": A_FILE, "validation": ANOTHER_FILE}}},
        'datasets["my data"]',
        "lower-case",
        "my data",
        "rename",
    ),
    "a dataset that is not made yet": Case(
        {"datasets.digits.files.train": "data/digits/nowhere.csv"},
        "datasets.digits.files.train",
        "must be a file",
        "data/digits/nowhere.csv",
        "run `make data`",
    ),
    "a dataset of the user's that is not there": Case(
        {"datasets.digits.files.validation": "mine.csv"},
        "datasets.digits.files.validation",
        "must be a file",
        "mine.csv",
        "relative to the project",
    ),
    "a dataset of the last release without validation": Case(
        {"bucket.datasets": {"old": {"train": A_FILE}}},
        "bucket.datasets.old.validation",
        "required",
        NOT_SET,
        "add validation to bucket.datasets.old",
    ),
    "a dataset of the last release of which a file is not there": Case(
        {"bucket.datasets": {"old": {"train": "mine.csv", "validation": A_FILE}}},
        "bucket.datasets.old.train",
        "the file must exist",
        "mine.csv",
        "relative to the project",
    ),
    "a range of chart versions": Case(
        {"drivers.fsx.version": "^1.17"},
        "drivers.fsx.version",
        "one exact version",
        "^1.17",
        "helm show chart aws-fsx-csi-driver",
    ),
    "an OCI chart with a repository": Case(
        {"drivers.sagemaker.repository": "https://example.com"},
        "drivers.sagemaker.repository",
        "oci:// chart has no repository",
        "https://example.com",
        "remove",
    ),
    "a chart without a repository": Case(
        {"drivers.efs.repository": None},
        "drivers.efs.repository",
        "needs its repository",
        NOT_SET,
        "https://",
    ),
    "a chart repository without TLS": Case(
        {"drivers.efs.repository": "http://example.com"},
        "drivers.efs.repository",
        "https://",
        "http://example.com",
        "https://",
    ),
    "a chart repository that only begins like this machine": Case(
        {"drivers.efs.repository": "http://localhost.example.com"},
        "drivers.efs.repository",
        "https://",
        "http://localhost.example.com",
        "https://",
    ),
    "a folder without a chart": Case(
        {"drivers.efs.chart": "./data"},
        "drivers.efs.chart",
        "must be the folder of a chart",
        "./data",
        "helm pull --untar",
    ),
    "a folder of another version": Case(
        {"drivers.efs.chart": CHART, "drivers.efs.version": "4.4.1"},
        "drivers.efs.version",
        "which is 9.8.7",
        "4.4.1",
        "set 9.8.7",
    ),
    "a folder with a repository": Case(
        {
            "drivers.efs.chart": CHART,
            "drivers.efs.version": "9.8.7",
            "drivers.efs.repository": "https://example.com",
        },
        "drivers.efs.repository",
        "a folder has no repository",
        "https://example.com",
        "remove",
    ),
    "a job in capitals": Case(
        {"training.jobs.Big": {"dataset": "digits", "hyperParameters": {"num_round": "1"}}},
        "training.jobs.Big",
        "lower-case",
        "Big",
        "rename",
    ),
    "a job with a name too long for SageMaker": Case(
        {f"training.jobs.{'x' * 41}": {"dataset": "digits", "hyperParameters": {"num_round": "1"}}},
        f"training.jobs.{'x' * 41}",
        "at most 40",
        "x" * 41,
        "rename",
    ),
    "a dataset that is not declared": Case(
        {f"{JOB}.dataset": "digit"}, f"{JOB}.dataset", "one of datasets", "digit", "from digits"
    ),
    "an EC2 type for SageMaker": Case(
        {f"{JOB}.instanceType": "m5.large"},
        f"{JOB}.instanceType",
        "SageMaker instance type",
        "m5.large",
        "set ml.m5.large",
    ),
    "an image outside ECR": Case(
        {f"{JOB}.image": "docker.io/library/python:3.12"},
        f"{JOB}.image",
        "Amazon ECR",
        "docker.io/library/python:3.12",
        "push it",
    ),
    "an image with tag latest": Case(
        {f"{JOB}.image": f"{ECR}/xgboost:latest"},
        f"{JOB}.image",
        "never :1, :latest",
        f"{ECR}/xgboost:latest",
        "one release",
    ),
    "an image with tag 1": Case(
        {f"{JOB}.image": f"{ECR}/xgboost:1"},
        f"{JOB}.image",
        "never :1, :latest",
        f"{ECR}/xgboost:1",
        "one release",
    ),
    "an image without a tag": Case(
        {f"{JOB}.image": f"{ECR}/xgboost"},
        f"{JOB}.image",
        "or none",
        f"{ECR}/xgboost",
        "one release",
    ),
    "a version of XGBoost that is moving": Case(
        {f"{JOB}.xgboostVersion": "latest"},
        f"{JOB}.xgboostVersion",
        "one of 1.7-1, 3.0-5, 3.2-0",
        "latest",
        "choose",
    ),
    "spot without a limit on waiting": Case(
        {f"{JOB}.spot": True}, f"{JOB}.maxWaitSeconds", "needs a limit", NOT_SET, "set 3600"
    ),
    "waiting without spot": Case(
        {f"{JOB}.maxWaitSeconds": 7200},
        f"{JOB}.maxWaitSeconds",
        "only with spot",
        7200,
        "spot: true",
    ),
    "waiting shorter than training": Case(
        {f"{JOB}.spot": True, f"{JOB}.maxWaitSeconds": 60},
        f"{JOB}.maxWaitSeconds",
        "at least maxRuntimeSeconds",
        60,
        "set 3600",
    ),
    "training for a month": Case(
        {f"{JOB}.maxRuntimeSeconds": 31 * 86400},
        f"{JOB}.maxRuntimeSeconds",
        "less than or equal to 2419200",
        31 * 86400,
        "limit",
    ),
    "a volume of nothing": Case(
        {f"{JOB}.volumeSizeGib": 0}, f"{JOB}.volumeSizeGib", "equal to 1", 0, "limit"
    ),
    "XGBoost without rounds": Case(
        {f"{JOB}.hyperParameters.num_round": REMOVED},
        f"{JOB}.hyperParameters.num_round",
        "number of rounds",
        NOT_SET,
        '"50"',
    ),
    "rounds without quotes": Case(
        {f"{JOB}.hyperParameters.num_round": 50},
        f"{JOB}.hyperParameters.num_round",
        "a string",
        50,
        'write it in quotes: "50"',
    ),
    "our script in an image of another's": Case(
        {f"{JOB}.script": True, f"{JOB}.image": f"{ECR}/trainer:2026-11-01"},
        f"{JOB}.script",
        "SageMaker's XGBoost image only",
        True,
        "remove image",
    ),
    "our script in an image that is too old for it": Case(
        {f"{JOB}.script": True, f"{JOB}.xgboostVersion": "1.7-1"},
        f"{JOB}.xgboostVersion",
        "Python 3.10",
        "1.7-1",
        "set 3.2-0",
    ),
    "a hyperparameter that is SageMaker's own": Case(
        {f"{JOB}.hyperParameters.sagemaker_program": "mine.py"},
        f"{JOB}.hyperParameters.sagemaker_program",
        "keeps hyperparameters sagemaker_",
        "sagemaker_program",
        "see `script`",
    ),
    "a workloads image without a tag": Case(
        {"workloads.image": "registry.example.com:5000/ml/workloads"},
        "workloads.image",
        "tag or digest that does not move",
        "registry.example.com:5000/ml/workloads",
        "REGISTRY/NAME:TAG",
    ),
    "an image of the teardown without a tag": Case(
        {"drivers.teardown.image": "python"},
        "drivers.teardown.image",
        "does not move",
        "python",
        "REGISTRY/NAME:TAG",
    ),
    "a workloads image whose tag moves": Case(
        {"workloads.image": f"{ECR}/workloads:latest"},
        "workloads.image",
        "never :latest",
        f"{ECR}/workloads:latest",
        "remove it",
    ),
    "an objective that is none": Case(
        {f"{JOB}.hyperParameters.objective": "softmax"},
        f"{JOB}.hyperParameters.objective",
        "one of reg:squarederror",
        "softmax",
        'set "multi:softmax"',
    ),
    "many classes without their number": Case(
        {f"{JOB}.hyperParameters.num_class": REMOVED},
        f"{JOB}.hyperParameters.num_class",
        "number of classes",
        NOT_SET,
        '"10"',
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_refused(case: Case) -> None:
    assert_refused(case)


@given(st.from_regex(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]", fullmatch=True))
def test_a_bucket_name_of_letters_digits_and_hyphens_is_taken(name: str) -> None:
    reserved = ("xn--", "sthree-", "amzn-s3-demo-"), ("-s3alias", "--ol-s3", "--x-s3", "--table-s3")
    taken = not name.startswith(reserved[0]) and not name.endswith(reserved[1])
    assert (keys({"bucket.name": name}) == []) == taken


def test_an_image_of_ones_own_needs_no_hyperparameters_of_xgboost() -> None:
    own = {f"{JOB}.image": f"{ECR}/trainer:2026-11-01", f"{JOB}.hyperParameters": {}}
    assert keys(own) == []


def test_an_image_pinned_by_its_digest_is_taken() -> None:
    assert keys({f"{JOB}.image": f"{ECR}/trainer@sha256:{'0' * 64}"}) == []


@pytest.mark.parametrize(
    "image",
    [
        f"{ECR}/workloads:2f3c",
        f"{ECR}/workloads@sha256:{'0' * 64}",
        "registry.example.com:5000/ml/workloads:1",
        "workloads:1",
    ],
)
def test_a_workloads_image_that_stays_what_it_is_is_taken(image: str) -> None:
    assert keys({"workloads.image": image}) == []


def test_an_adopted_bucket_with_datasets_alone_is_taken() -> None:
    assert keys({"bucket.existing": "theirs"}) == []


def test_spot_training_with_a_limit_on_waiting_is_taken() -> None:
    assert keys({f"{JOB}.spot": True, f"{JOB}.maxWaitSeconds": 3600}) == []


def test_regression_needs_no_number_of_classes() -> None:
    regression = {"objective": "reg:squarederror", "num_round": "5"}
    assert keys({f"{JOB}.hyperParameters": regression}) == []


def test_models_and_what_was_exported_may_be_deleted_by_age() -> None:
    rules = [{"prefix": prefix, "expirationDays": 30} for prefix in ("models/", "exports/")]
    assert keys({"bucket.lifecycle": rules}) == []
    assert (
        keys(
            {
                "bucket.lifecycle": [{"expirationDays": 30}],
                "datasets": {},
                "training.jobs": {},
            }
        )
        == []
    )


@pytest.mark.parametrize(
    "repository",
    [
        "https://charts.example.com",
        "http://127.0.0.1:8879/charts",
        "http://localhost",
        "http://[::1]:80",
    ],
)
def test_charts_are_taken_from_any_repository_over_tls_and_from_this_machine_without(
    repository: str,
) -> None:
    assert keys({"drivers.efs.repository": repository}) == []


def test_a_chart_is_taken_from_a_folder() -> None:
    assert keys({"drivers.efs.chart": CHART, "drivers.efs.version": "9.8.7"}) == []
    assert keys({"drivers.efs.chart": "oci://example.com/aws-efs-csi-driver"}) == []
