"""Data bucket, inbox and event queue for the tests of training on new data."""

import argparse
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.workloads.new_data.cluster import Cluster
from workloads import on_new_data

BUCKET = "data"
DATASET_PREFIX = "datasets/digits/3f9a1c52e0b7/"
INBOX = "inbox"
PREFIX = "shop-dev-digits"
TEMPLATE = {
    "apiVersion": "sagemaker.services.k8s.aws/v1alpha1",
    "kind": "TrainingJob",
    "metadata": {
        "namespace": "training",
        "annotations": {"eks-ml-storage/name-prefix": PREFIX},
    },
    "spec": {
        "hyperParameters": {"num_round": "5"},
        "inputDataConfig": [
            {
                "channelName": channel,
                "dataSource": {
                    "fileSystemDataSource": {
                        "directoryPath": f"/root/batches/digits/$BATCH/{channel}"
                    }
                },
            }
            for channel in ("train", "validation")
        ],
        "tags": [{"key": "DatasetDigest", "value": "$BATCH"}],
    },
}


def event(key: str, bucket: str = INBOX, name: str = "ObjectCreated:Put") -> dict[str, Any]:
    """Return one record of an S3 event message."""
    return {
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "eventName": name,
        "s3": {"bucket": {"name": bucket}, "object": {"key": key}},
    }


@dataclass
class Data:
    """Objects, messages and runs of a test."""

    s3: Any
    sqs: Any
    folder: Path
    keep: int = 3
    url: str = field(init=False)
    cluster: Cluster = field(init=False)

    def __post_init__(self) -> None:
        self.url = self.sqs.create_queue(QueueName=f"events-{self.folder.name}")["QueueUrl"]
        for name in ("storage", "cluster"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        self.cluster = Cluster(self.folder / "cluster")
        (self.folder / "template.json").write_text(json.dumps(TEMPLATE))

    @property
    def batches(self) -> Path:
        return self.folder / "storage/batches/digits"

    def put(self, key: str, content: str, bucket: str = INBOX) -> dict[str, Any]:
        self.s3.put_object(Bucket=bucket, Key=key, Body=content.encode())
        return event(key, bucket)

    def come_in(self, name: str, content: str = "1,2\n") -> None:
        """Put a file into the inbox and send its event."""
        self.send(self.put(f"digits/{name}", content))

    def send(self, *records: dict[str, Any]) -> None:
        self.send_text(json.dumps({"Records": records}))

    def send_text(self, text: str) -> None:
        self.sqs.send_message(QueueUrl=self.url, MessageBody=text)

    @property
    def waiting(self) -> int:
        """Number of messages in the queue, including those that are invisible."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        answer = self.sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=names)
        return sum(map(int, answer["Attributes"].values()))

    def arguments(self) -> list[str]:
        given = {
            "queue": self.url,
            "incoming": f"s3://{INBOX}/digits/",
            "dataset": f"s3://{BUCKET}/{DATASET_PREFIX}",
            "name": "digits",
            "storage": self.folder / "storage",
            "template": self.folder / "template.json",
            "namespace": "training",
            "quiet": 0,
            "longest": 60,
            "keep": self.keep,
        }
        return ["--once", *(f"--{name}={value}" for name, value in given.items())]

    @property
    def given(self) -> argparse.Namespace:
        return on_new_data.build_parser().parse_args(self.arguments())

    def run(self) -> None:
        """Run the command once."""
        on_new_data.execute(self.given, self.s3, self.sqs, self.cluster)

    def contents(self, batch: str) -> dict[str, str]:
        """Return the files of a batch, by CHANNEL/FILE."""
        folder = self.batches / batch
        return {
            path.relative_to(folder).as_posix(): path.read_text()
            for path in folder.rglob("*")
            if path.is_file() and not path.name.startswith(".")
        }

    @property
    def trained(self) -> list[str]:
        """Ids of the batches that have a job."""
        return [name.removeprefix(f"{PREFIX}-") for name in self.cluster.jobs()]
