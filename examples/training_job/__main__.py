"""A SageMaker training job on a file system, a bucket and a cluster that are there already."""

import pulumi

from components.bucket import Bucket
from components.bucket_spec import BucketSpec
from components.storage.data_source import FileSystemDataSource
from components.training.execution_role import ExecutionRole
from components.training.training_job import TrainingJob
from components.training.training_job_spec import TrainingJobSpec

config = pulumi.Config()
bucket = Bucket("models", {"spec": BucketSpec(existing=config.require("bucketName"))})
role = ExecutionRole("digits-role", {"bucket_arn": bucket.arn})

job = TrainingJob(
    "digits",
    {
        "spec": TrainingJobSpec(
            hyper_parameters={"objective": "multi:softmax", "num_class": "10", "num_round": "50"}
        ),
        "source": FileSystemDataSource(
            file_system_id=config.require("fileSystemId"),
            file_system_type="FSxLustre",
            channels=config.require_object("directories"),
            subnet_ids=[config.require("subnetId")],
            security_group_id=config.require("securityGroupId"),
        ),
        "bucket_name": bucket.name,
        "role_arn": role.arn,
        "namespace": config.require("namespace"),
    },
    pulumi.ResourceOptions(depends_on=[role]),
)
pulumi.export("jobName", job.job_name)
