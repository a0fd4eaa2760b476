"""Rules of the names of the project and the stack, which become part of other names.

Sources: EKS API Reference, CreateCluster (name); SageMaker API Reference, CreateTrainingJob
(TrainingJobName); Kubernetes, "Object Names and IDs"; KMS API Reference, CreateAlias.
"""

from __future__ import annotations

from collections.abc import Iterator

from components.names import DNS_LABEL
from components.spec.errors import ConfigError, Path
from settings.stack import Settings

PROJECT: Path = ("pulumi:project",)
STACK: Path = ("pulumi:stack",)

MAX_STACK_NAME_LENGTH = 40
"""Characters of a stack's name: a training job's 63 also hold the job's name and a hash."""
MAX_CLUSTER_NAME_LENGTH = 100
FORM = "lower-case letters, digits and hyphens, with a letter or digit at both ends"


def stack_name(settings: Settings) -> Iterator[ConfigError]:
    """Check the stack's name, which is part of the names of its cluster and its training jobs."""
    name = settings.stack
    if not DNS_LABEL.fullmatch(name) or len(name) > MAX_STACK_NAME_LENGTH:
        rule = (
            "a stack's name becomes part of names in EKS, SageMaker and Kubernetes: "
            f"at most {MAX_STACK_NAME_LENGTH} {FORM}"
        )
        fitting = _valid_name(name)
        remedy = f"run `pulumi stack rename {fitting}`, which renames Pulumi.{name}.yaml too"
        yield ConfigError(STACK, rule, name, remedy)


def project_name(settings: Settings) -> Iterator[ConfigError]:
    """Check the project's name, which is the first part of the cluster's name."""
    name = settings.project
    if not DNS_LABEL.fullmatch(name):
        rule = f"a project's name becomes part of the EKS cluster's: {FORM}"
        yield ConfigError(PROJECT, rule, name, f"set `name: {_valid_name(name)}` in Pulumi.yaml")


def cluster_name(settings: Settings) -> Iterator[ConfigError]:
    """Check the length of the cluster's name, which is PROJECT-STACK."""
    name = f"{settings.project}-{settings.stack}"
    if len(name) > MAX_CLUSTER_NAME_LENGTH:
        rule = (
            f"the EKS cluster is called PROJECT-STACK: at most {MAX_CLUSTER_NAME_LENGTH} characters"
        )
        yield ConfigError(
            PROJECT, rule, settings.project, "shorten `name` in Pulumi.yaml", (STACK,)
        )


def _valid_name(name: str) -> str:
    """Return a similar valid name; "main" if no character is left."""
    letters = "".join(one if one.isascii() and one.isalnum() else "-" for one in name.lower())
    words = [word for word in letters.split("-") if word]
    return "-".join(words)[:MAX_STACK_NAME_LENGTH].strip("-") or "main"


RULES = (stack_name, project_name, cluster_name)
