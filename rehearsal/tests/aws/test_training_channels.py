"""Options of channels and jobs that SageMaker refuses are refused by the emulated one."""

from __future__ import annotations

from typing import Any

import pytest

from rehearsal.aws.sagemaker import check_channel
from rehearsal.aws.service import Refusal

S3 = {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://b/p/"}}
FILES = {"FileSystemDataSource": {"FileSystemId": "fs-1", "FileSystemType": "EFS"}}
AUGMENTED = {"S3DataSource": {"S3DataType": "AugmentedManifestFile", "S3Uri": "s3://b/m"}}


def channel(source: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"ChannelName": "train", "DataSource": source, **more}


@pytest.mark.parametrize(
    ("given", "mode", "words"),
    [
        (channel(FILES), "FastFile", "reads a file system"),
        (channel(FILES), "Pipe", "reads a file system"),
        (channel(FILES, ShuffleConfig={"Seed": 1}), "File", "ShuffleConfig"),
        (channel({}), "File", "must have"),
        (channel({**FILES, **S3}), "File", "must have"),
        (channel(AUGMENTED), "FastFile", "requires InputMode Pipe"),
        (channel(S3, CompressionType="Gzip"), "File", "CompressionType requires"),
        (channel(S3, RecordWrapperType="RecordIO"), "FastFile", "RecordWrapperType requires"),
    ],
)
def test_a_channel_that_sagemaker_refuses_is_refused(
    given: dict[str, Any], mode: str, words: str
) -> None:
    with pytest.raises(Refusal, match=words):
        check_channel(given, mode)


@pytest.mark.parametrize(
    ("given", "mode"),
    [
        (channel(FILES), "File"),
        (channel(S3), "FastFile"),
        (channel(S3, ShuffleConfig={"Seed": 1}, CompressionType="None"), "File"),
        (channel(S3, CompressionType="Gzip", RecordWrapperType="RecordIO"), "Pipe"),
        (channel(AUGMENTED), "Pipe"),
    ],
)
def test_a_channel_that_sagemaker_takes_is_taken(given: dict[str, Any], mode: str) -> None:
    check_channel(given, mode)
