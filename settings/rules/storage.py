"""Rules of how pods see the shared storage, and of tags.

Sources: Kubernetes, "Object Names and IDs"; AWS General Reference, "Tag naming limits".
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from components.names import DNS_LABEL
from components.spec.errors import ConfigError, Path
from settings.stack import Settings

MOUNT_PATH: Path = ("storage", "mountPath")
NAMESPACES: Path = ("storage", "namespaces")
TRAINING_NAMESPACE: Path = ("training", "namespace")

ABSOLUTE_PATH = re.compile(r"(/[A-Za-z0-9._-]+)+")
SYSTEM_FOLDERS = {"bin", "boot", "dev", "etc", "lib", "lib64", "proc", "run", "sbin", "sys", "usr"}
TAG_KEY = re.compile(r"[\w .:/=+@-]{1,128}")
TAG_VALUE = re.compile(r"[\w .:/=+@-]{0,256}")
OF_OUR_PODS = ("/opt/project", "/opt/venv", "/opt/ml", "/tmp", "/var/run")
"""Where pods have the workloads, their packages, models, temporary files and tokens."""
CONTROLLERS = "ack-system"
"""The namespace that the SageMaker controller is installed in."""
PROGRAM_TAGS = {"project", "stack", "name"}
MOST_TAGS = 40
"""AWS takes 50 a resource; the rest is for the program's own and for those AWS adds."""


def mount_path(settings: Settings) -> Iterator[ConfigError]:
    """A mount hides what was there, so it stays out of the system's folders."""
    value = settings.storage.mount_path
    if not ABSOLUTE_PATH.fullmatch(value) or ".." in value.split("/"):
        rule = "must be an absolute path without a slash at its end"
        yield ConfigError(MOUNT_PATH, rule, value, "set for instance /data")
    elif value.split("/")[1] in SYSTEM_FOLDERS:
        yield ConfigError(MOUNT_PATH, "must be outside the system's folders", value, "set /data")
    elif any(
        f"{one}/".startswith(f"{value}/") or value.startswith(f"{one}/") for one in OF_OUR_PODS
    ):
        rule = f"must leave to pods what they have in {', '.join(OF_OUR_PODS)}"
        yield ConfigError(MOUNT_PATH, rule, value, "set /data")


def namespaces(settings: Settings) -> Iterator[ConfigError]:
    """Namespaces are DNS labels, and none of Kubernetes' own."""
    named = [((*NAMESPACES, i), name) for i, name in enumerate(settings.storage.namespaces)]
    for path, name in [*named, (TRAINING_NAMESPACE, settings.training.namespace)]:
        if not DNS_LABEL.fullmatch(name) or len(name) > 63:
            rule = "must be a namespace: at most 63 lower-case letters, digits and hyphens"
            yield ConfigError(path, rule, name, "rename it")
        elif name.startswith("kube-"):
            rule = "namespaces that begin with kube- are Kubernetes' own"
            yield ConfigError(path, rule, name, "name one of yours")
        elif name == CONTROLLERS:
            rule = "is the SageMaker controller's own namespace, which the stack makes for it"
            yield ConfigError(path, rule, name, "name one of yours")


def namespaces_once(settings: Settings) -> Iterator[ConfigError]:
    """One claim a namespace."""
    names = settings.storage.namespaces
    for i, name in enumerate(names):
        if name in names[:i]:
            yield ConfigError((*NAMESPACES, i), "must be named once", name, "remove it")


def training_claim(settings: Settings) -> Iterator[ConfigError]:
    """Datasets are copied to the storage from the jobs' namespace, through its claim."""
    value, names = settings.training.namespace, settings.storage.namespaces
    if settings.training.jobs and value not in names:
        rule = "must be one of storage.namespaces: the jobs' data goes through its claim"
        remedy = f"add it there, or set {names[0]}" if names else "add it there"
        yield ConfigError(TRAINING_NAMESPACE, rule, value, remedy, (NAMESPACES,))


def tags(settings: Settings) -> Iterator[ConfigError]:
    """Tags have a form, and aws: is AWS's."""
    for key, value in settings.tags.items():
        if not TAG_KEY.fullmatch(key) or key.lower().startswith("aws:"):
            rule = "must be a tag key: 1 to 128 letters, digits, spaces or _.:/=+-@, not aws:..."
            yield ConfigError(("tags", key), rule, key, "rename it")
        if not TAG_VALUE.fullmatch(value):
            rule = "must be at most 256 letters, digits, spaces or _.:/=+-@"
            yield ConfigError(("tags", key), rule, value, "shorten or correct it")


def own_tags(settings: Settings) -> Iterator[ConfigError]:
    """Three tags are the program's, and IAM takes keys that differ in more than capitals."""
    seen: dict[str, str] = {}
    for key in settings.tags:
        first = seen.setdefault(key.lower(), key)
        if key.lower() in PROGRAM_TAGS:
            rule = "the tags Project, Stack and Name tell the resources of a stack apart"
            yield ConfigError(("tags", key), rule, key, "rename it")
        elif first != key:
            rule = f"IAM takes no two keys that differ in capitals only, and there is {first}"
            yield ConfigError(("tags", key), rule, key, "remove or rename one", (("tags", first),))


def tag_count(settings: Settings) -> Iterator[ConfigError]:
    """AWS takes so many tags."""
    if len(settings.tags) > MOST_TAGS:
        count = len(settings.tags)
        yield ConfigError(("tags",), f"must be at most {MOST_TAGS}", count, "remove some")


RULES = (mount_path, namespaces, namespaces_once, training_claim, tags, own_tags, tag_count)
