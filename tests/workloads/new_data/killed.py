"""A process of `workloads.on_new_data` that ends, as by SIGKILL, before one of its steps."""

import os
import sys
from pathlib import Path

import boto3
import kubernetes  # noqa: F401 (loaded once, in the fork server)

from tests.workloads.new_data.cluster import Cluster
from workloads import on_new_data
from workloads.objects import s3_client

for service in ("s3", "sqs"):
    boto3.client(service, region_name="us-east-1")  # reads what boto3 knows of it, once

KILLED = 9
CHANGES = {"os.rename", "os.link", "os.mkdir", "os.remove", "os.rmdir"}


class Steps:
    """Counts what a process does to the world: requests, and changes of files."""

    def __init__(self, last: int) -> None:
        self.left = last

    def __call__(self, event: str, arguments: tuple[object, ...]) -> None:
        if event == "http.client.send" or event in CHANGES or self.writes(event, arguments):
            if self.left == 0:
                os._exit(KILLED)
            self.left -= 1

    def writes(self, event: str, arguments: tuple[object, ...]) -> bool:
        return event == "open" and bool({"w", "a"} & set(str(arguments[1])))


def run(arguments: list[str], folder: Path, last: int) -> None:
    """Run the command silently; it is ended when it has made so many steps."""
    sys.addaudithook(Steps(last))
    sys.stdout = Path(os.devnull).open("w")  # noqa: SIM115 (until the process ends)
    given = on_new_data.parser().parse_args(arguments)
    cluster = Cluster(folder / "cluster")
    on_new_data.work(given, s3_client(), boto3.client("sqs"), cluster)
