"""The workloads image; the tag is a hash of its sources.

    python -m components.pods.image --tag          prints the tag alone
    python -m components.pods.image --repository   prints the repository's name alone

`make image` builds and pushes the image with the tag and repository that these commands print, and
the program uses the same.
"""

import sys
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

import pulumi

from components.account import account_id, dns_suffix, region
from components.pods.image_spec import ImageSpec

PROJECT_FOLDER = Path(__file__).resolve().parents[2]
WORKLOADS = PROJECT_FOLDER / "workloads"
PATTERNS = ("**/*.py", "Dockerfile", "requirements.txt")
"""Files that the image is built from."""


def image_uri(spec: ImageSpec) -> pulumi.Output[str]:
    """Return the URI of the image: the user's own, or the one in the account's registry."""
    if spec.image is not None:
        return pulumi.Output.from_input(spec.image)
    registry = pulumi.Output.concat(
        account_id(),
        ".dkr.ecr.",
        region(),
        ".",
        dns_suffix(),
    )
    return pulumi.Output.concat(registry, "/", image_reference())


def image_reference() -> str:
    """Return the reference of the image that `make image` pushes, as REPOSITORY:TAG."""
    return f"{repository(pulumi.get_project())}:{tag()}"


def repository(project: str) -> str:
    """Return the name of the image's repository in Amazon ECR."""
    return f"{project}-workloads"


def tag(folder: Path = WORKLOADS) -> str:
    """Return a hash of the files that the image is built from, 12 hexadecimal digits."""
    total = sha256()
    files = {path for pattern in PATTERNS for path in folder.glob(pattern)}
    for path in sorted(files):
        content = sha256(path.read_bytes()).hexdigest()
        total.update(f"{path.relative_to(folder).as_posix()} {content}\n".encode())
    return total.hexdigest()[:12]


def main(arguments: Sequence[str]) -> int:
    """Print the tag or the repository, and return the exit status."""
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
    import yaml  # noqa: PLC0415 (the program gets its project's name from the engine)

    name: str = yaml.safe_load((PROJECT_FOLDER / "Pulumi.yaml").read_text())["name"]
    return name


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
