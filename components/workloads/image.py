"""The image of the workloads: its address tells its content.

    python -m components.workloads.image --tag          the tag alone
    python -m components.workloads.image --repository   the repository's name alone

`make image` builds and pushes what these say, and the program asks for the same.
"""

import sys
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

import pulumi
import pulumi_aws as aws

PROJECT_FOLDER = Path(__file__).resolve().parents[2]
WORKLOADS = PROJECT_FOLDER / "workloads"
PATTERNS = ("**/*.py", "Dockerfile", "requirements.txt")
"""The files that the image is built from."""


def workloads_image(given: str | None) -> pulumi.Output[str]:
    """The address of the image: the given one, or the one in the account's own registry."""
    if given is not None:
        return pulumi.Output.from_input(given)
    registry = pulumi.Output.concat(
        aws.get_caller_identity_output().account_id,
        ".dkr.ecr.",
        aws.get_region_output().region,
        ".",
        aws.get_partition_output().dns_suffix,
    )
    return pulumi.Output.concat(registry, "/", own_image())


def own_image() -> str:
    """The image that `make image` pushes for this project, as REPOSITORY:TAG."""
    return f"{repository(pulumi.get_project())}:{tag()}"


def repository(project: str) -> str:
    """The name of the image's repository in Amazon ECR."""
    return f"{project}-workloads"


def tag(folder: Path = WORKLOADS) -> str:
    """A digest of what the image is built from, 12 hexadecimal digits."""
    total = sha256()
    files = {path for pattern in PATTERNS for path in folder.glob(pattern)}
    for path in sorted(files):
        content = sha256(path.read_bytes()).hexdigest()
        total.update(f"{path.relative_to(folder).as_posix()} {content}\n".encode())
    return total.hexdigest()[:12]


def main(arguments: Sequence[str]) -> int:
    """Print what was asked for."""
    match list(arguments):
        case ["--tag"]:
            print(tag())
        case ["--repository"]:
            print(repository(_project()))
        case _:
            print(__doc__, file=sys.stderr)
            return 64
    return 0


def _project() -> str:
    """The project's name, from the file in which Pulumi finds it."""
    import yaml  # noqa: PLC0415 (the program is told its project by the engine)

    name: str = yaml.safe_load((PROJECT_FOLDER / "Pulumi.yaml").read_text())["name"]
    return name


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
