"""The TrainingJob's manifest as ACK turns it into a request to SageMaker."""

from dataclasses import replace

import pytest
from rehearsal.kubernetes.controllers.ack.request import faults, to_request

from tests.components.training.test_training_job import IN_S3, SOURCE, inputs, job


@pytest.mark.parametrize("spot", [False, True])
def test_the_programs_training_job_is_a_request_that_sagemaker_takes(spot):
    source = replace(SOURCE, file_system_id="fs-0123456789abcdef0")
    waiting = {"max_wait_seconds": 7200} if spot else {}
    spec = inputs(job({"source": source}, spot=spot, **waiting))["spec"]
    wanted = to_request(spec)
    assert faults(wanted) == []
    assert wanted["HyperParameters"] == spec["hyperParameters"]
    directories = [
        channel["DataSource"]["FileSystemDataSource"]["DirectoryPath"]
        for channel in wanted["InputDataConfig"]
    ]
    assert directories == ["/shared/d/train", "/shared/d/validation"]


def test_its_inputs_in_s3_are_a_request_that_sagemaker_takes():
    wanted = to_request(inputs(job({"source": IN_S3}))["spec"])
    assert faults(wanted) == []
    sources = [each["DataSource"]["S3DataSource"] for each in wanted["InputDataConfig"]]
    assert [each["S3Uri"] for each in sources] == ["s3://data/d/train/", "s3://data/d/validation/"]
