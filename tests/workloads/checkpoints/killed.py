"""Fork server for processes that have everything imported at their start and can be killed.

    python -m tests.workloads.checkpoints.killed ARGUMENTS

For each line on its standard input, it runs checkpoint_sync with the arguments in a new process,
prints the id of the process, and prints its status from os.waitpid when it has ended.
"""

import os
import sys

import boto3

from workloads.checkpoint_sync import main


def fork(arguments: list[str]) -> int:
    """Run the command in a new process and return its id."""
    number = os.fork()
    if number == 0:
        silence = os.open(os.devnull, os.O_WRONLY)
        os.dup2(silence, sys.stdout.fileno())
        os._exit(main(arguments))
    return number


if __name__ == "__main__":
    boto3.client("s3")  # reads what boto3 knows of S3, once
    for _ in sys.stdin:
        process = fork(sys.argv[1:])
        print(process, flush=True)
        print(os.waitpid(process, 0)[1], flush=True)
