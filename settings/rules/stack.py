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

LONGEST = 40
"""Characters of a stack's name: a training job's 63 also hold the job's name and a hash."""
LONGEST_CLUSTER_NAME = 100
FORM = "lower-case letters, digits and hyphens, with a letter or digit at both ends"


def stack_name(settings: Settings) -> Iterator[ConfigError]:
    """A stack's name is part of the names of its cluster and its training jobs."""
    name = settings.stack
    if not DNS_LABEL.fullmatch(name) or len(name) > LONGEST:
        rule = (
            "a stack's name becomes part of names in EKS, SageMaker and Kubernetes: "
            f"at most {LONGEST} {FORM}"
        )
        fitting = _fitting(name)
        remedy = f"run `pulumi stack rename {fitting}`, which renames Pulumi.{name}.yaml too"
        yield ConfigError(STACK, rule, name, remedy)


def project_name(settings: Settings) -> Iterator[ConfigError]:
    """A project's name is the first part of the cluster's."""
    name = settings.project
    if not DNS_LABEL.fullmatch(name):
        rule = f"a project's name becomes part of the EKS cluster's: {FORM}"
        yield ConfigError(PROJECT, rule, name, f"set `name: {_fitting(name)}` in Pulumi.yaml")


def cluster_name(settings: Settings) -> Iterator[ConfigError]:
    """The cluster is called PROJECT-STACK."""
    name = f"{settings.project}-{settings.stack}"
    if len(name) > LONGEST_CLUSTER_NAME:
        rule = f"the EKS cluster is called PROJECT-STACK: at most {LONGEST_CLUSTER_NAME} characters"
        yield ConfigError(
            PROJECT, rule, settings.project, "shorten `name` in Pulumi.yaml", (STACK,)
        )


def _fitting(name: str) -> str:
    """The nearest name that fits; "main" where nothing is left."""
    letters = "".join(one if one.isascii() and one.isalnum() else "-" for one in name.lower())
    words = [word for word in letters.split("-") if word]
    return "-".join(words)[:LONGEST].strip("-") or "main"


RULES = (stack_name, project_name, cluster_name)
