"""What an aws command needs from IAM.

The emulated S3 lets every caller do everything, so the role of a pod's service account is asked
before its command runs.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from rehearsal.cloud.authorization.policy import Context

READS = frozenset({"cp", "mv", "sync"})
# The API call whose refusal awscli reports first, by what was refused.
CALLS = {
    "s3:ListBucket": "ListObjectsV2",
    "s3:GetObject": "GetObject",
    "s3:PutObject": "PutObject",
}


@dataclass(frozen=True)
class Right:
    """An action on a resource, under condition keys."""

    action: str
    resource: str
    context: Context

    @property
    def call(self) -> str:
        """The name of the S3 call."""
        return CALLS[self.action]


def needed(command: Sequence[str]) -> list[Right]:
    """The rights that the `aws s3` commands in a command line need, in a shell's text too."""
    return [right for one in _aws_commands(command) for right in _s3(one)]


def _aws_commands(command: Sequence[str]) -> Iterator[list[str]]:
    name = PurePosixPath(command[0]).name
    if name == "aws":
        yield list(command[1:])
    elif "-c" in command[1:-1]:
        text = command[list(command).index("-c") + 1].replace("\\\n", " ")
        for line in text.replace("&&", "\n").replace(";", "\n").splitlines():
            words = _words(line)
            if "aws" in words:
                yield words[words.index("aws") + 1 :]


def _words(line: str) -> list[str]:
    try:
        return shlex.split(line, comments=True)
    except ValueError:
        return line.split()


def _s3(words: list[str]) -> Iterator[Right]:
    if "s3" not in words:
        return
    verb, *operands = [word for word in words[words.index("s3") + 1 :] if not word.startswith("-")]
    if verb not in READS:
        return
    source, target = (*operands, "", "")[:2]
    if source.startswith("s3://"):
        bucket, key = _path(source)
        if verb == "sync" or "--recursive" in words:
            yield Right("s3:ListBucket", f"arn:aws:s3:::{bucket}", {"s3:prefix": key})
        yield Right("s3:GetObject", _object(bucket, key), {})
    if target.startswith("s3://"):
        bucket, key = _path(target)
        if verb == "sync":
            yield Right("s3:ListBucket", f"arn:aws:s3:::{bucket}", {"s3:prefix": key})
        yield Right("s3:PutObject", _object(bucket, key), {})


def _path(url: str) -> tuple[str, str]:
    """Bucket and prefix; the prefix of a folder ends in a slash, as awscli asks for it."""
    bucket, _, key = url.removeprefix("s3://").partition("/")
    last = key.rpartition("/")[2]
    return bucket, f"{key}/" if last and "." not in last else key


def _object(bucket: str, key: str) -> str:
    """An object the command would touch: any one under a folder."""
    return f"arn:aws:s3:::{bucket}/{key}{'object' if not key or key.endswith('/') else ''}"
