import csv
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from tests.workloads.conftest import BUCKET
from tests.workloads.faulty import refused
from workloads import dataset


def rows_of(path: Path) -> list[list[str]]:
    with path.open(newline="") as stream:
        return list(csv.reader(stream))


def write(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def test_the_digits_have_the_label_first_and_no_header(tmp_path: Path) -> None:
    assert dataset.main(["digits", str(tmp_path)]) == 0
    train, validation = rows_of(tmp_path / "train.csv"), rows_of(tmp_path / "validation.csv")
    assert len(train) + len(validation) == 1797, "the set scikit-learn ships has 1797 images"
    assert {row[0] for row in train} == set("0123456789"), "the first cell is the digit"
    assert {len(row) for row in train + validation} == {65}, "a label and 8 by 8 pixels"


def test_two_runs_write_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        dataset.main(["digits", str(tmp_path / name)])
    for file in ("train.csv", "validation.csv"):
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()


def test_the_digits_are_the_same_bytes_in_every_release(tmp_path: Path) -> None:
    dataset.main(["digits", str(tmp_path)])
    digests = {file.name: sha256(file.read_bytes()).hexdigest() for file in tmp_path.iterdir()}
    assert digests == {
        "train.csv": "819f0950ccffc8260b0edf26b5d65f9fad0ca0968d1c766af28b70f591fed673",
        "validation.csv": "f2d31b70cbdde502f8b8d093b4c4dcc848fc96bf3922967ff60fcfba9caab875",
    }, "a job is named by what it trains on: others would train all jobs again"


def test_a_missing_file_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert dataset.main(["csv", str(tmp_path / "no.csv"), str(tmp_path), "--label", "a"]) == 66
    assert "no.csv: there is no such file" in capsys.readouterr().err


def objects(s3: Any) -> dict[str, bytes]:
    found = s3.list_objects_v2(Bucket=BUCKET).get("Contents", [])
    keys = [entry["Key"] for entry in found]
    return {key: s3.get_object(Bucket=BUCKET, Key=key)["Body"].read() for key in keys}


def test_a_folder_is_put_where_a_training_job_s_channels_want_it(s3: Any, tmp_path: Path) -> None:
    write(tmp_path / "train.csv", "1,2\n")
    write(tmp_path / "validation.csv", "3,4\n")
    assert dataset.main(["put", str(tmp_path), f"s3://{BUCKET}/datasets/mine"]) == 0
    assert objects(s3) == {
        "datasets/mine/train/train.csv": b"1,2\n",
        "datasets/mine/validation/validation.csv": b"3,4\n",
    }
    head = s3.head_object(Bucket=BUCKET, Key="datasets/mine/train/train.csv")
    assert head["ContentType"] == "text/csv"


def test_a_folder_of_channels_is_put_as_it_is(s3: Any, tmp_path: Path) -> None:
    for name in ("train/part/1.csv", "train/2.csv", "validation/1.csv"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        write(tmp_path / name, "1,2\n")
    assert dataset.main(["put", str(tmp_path), f"s3://{BUCKET}/d/"]) == 0
    assert [*objects(s3)] == ["d/train/2.csv", "d/train/part/1.csv", "d/validation/1.csv"]


def test_only_what_changed_is_put_again_and_what_else_is_there_is_said(
    s3: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path / "train.csv", "1,2\n")
    write(tmp_path / "validation.csv", "3,4\n")
    put = ["put", str(tmp_path), f"s3://{BUCKET}/d/"]
    dataset.main(put)
    write(tmp_path / "train.csv", "5,6\n")
    s3.put_object(Bucket=BUCKET, Key="d/train/old.csv", Body=b"7,8\n")
    capsys.readouterr()
    assert dataset.main(put) == 0
    said = capsys.readouterr().out
    assert '"files": 1' in said
    assert "also has d/train/old.csv, which a job would read too" in said
    assert objects(s3)["d/train/train.csv"] == b"5,6\n"


@pytest.mark.parametrize(
    ("names", "code", "said"),
    [
        ([], 66, "has no train.csv, train.libsvm or train/"),
        (["validation.csv"], 66, "has no train.csv"),
        (["train.csv", "train.libsvm"], 65, "has train.csv, train.libsvm: keep one"),
    ],
)
def test_a_folder_that_cannot_be_put_says_why(
    tmp_path: Path, names: list[str], code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in names:
        write(tmp_path / name, "1,2\n")
    assert dataset.main(["put", str(tmp_path), f"s3://{BUCKET}/d/"]) == code
    assert said in capsys.readouterr().err


def test_a_bucket_that_refuses_is_named(
    s3: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path / "train.csv", "1,2\n")
    monkeypatch.setattr("workloads.objects.s3_client", lambda _workers: refused("PutObject"))
    assert dataset.main(["put", str(tmp_path), f"s3://{BUCKET}/d/"]) == 77
    assert "S3 refuses PutObject (AccessDenied)" in capsys.readouterr().err


def test_a_place_that_is_none_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path / "train.csv", "1,2\n")
    assert dataset.main(["put", str(tmp_path), "bucket/d"]) == 64
    assert "bucket/d is not s3://BUCKET/PREFIX/" in capsys.readouterr().err
