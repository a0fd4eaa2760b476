"""Fork server for `workloads.on_new_data`, whose processes end before a given step.

    python -m tests.workloads.new_data.killed

For each line on its standard input, [ARGUMENTS, FOLDER OF THE CLUSTER, STEPS] in JSON, it runs the
command in a new process that has everything imported, and prints its exit code. The process ends
without cleaning up, as after SIGKILL.
"""

import json
import os
import sys
from pathlib import Path

import boto3

from tests.workloads.new_data.cluster import Cluster
from workloads import on_new_data
from workloads.objects import s3_client

KILLED = 9
CHANGES = {"os.rename", "os.link", "os.mkdir", "os.remove", "os.rmdir", "http.client.send"}


class Steps:
    """Audit hook that counts requests and changes of files."""

    def __init__(self, last: int) -> None:
        self.left = last

    def __call__(self, event: str, arguments: tuple[object, ...]) -> None:
        if event in CHANGES or self.writes(event, arguments):
            if self.left == 0:
                os._exit(KILLED)
            self.left -= 1

    def writes(self, event: str, arguments: tuple[object, ...]) -> bool:
        return event == "open" and bool({"w", "a"} & set(str(arguments[1])))


def run(arguments: list[str], folder: str, last: int) -> None:
    """Run the command without output, and end it after `last` steps."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    given = on_new_data.build_parser().parse_args(arguments)
    clients = s3_client(), boto3.client("sqs")
    sys.addaudithook(Steps(last))
    on_new_data.execute(given, *clients, Cluster(Path(folder)))


if __name__ == "__main__":
    for line in sys.stdin:
        process = os.fork()
        if process == 0:
            run(*json.loads(line))
            os._exit(0)
        print(os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]), flush=True)
