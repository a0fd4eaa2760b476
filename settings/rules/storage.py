"""Rules of the namespaces with a claim on the shared storage, and of tags.

Source: AWS General Reference, "Tag naming limits".
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from components.spec.errors import ConfigError, Path
from settings.stack import Settings

NAMESPACES: Path = ("storage", "namespaces")
TRAINING_NAMESPACE: Path = ("training", "namespace")

TAG_KEY = re.compile(r"[\w .:/=+@-]{1,128}")
TAG_VALUE = re.compile(r"[\w .:/=+@-]{0,256}")
PROGRAM_TAGS = {"project", "stack", "name"}
MAX_TAGS = 40
"""AWS takes 50 a resource; the rest is for the program's own and for those AWS adds."""


def training_claim(settings: Settings) -> Iterator[ConfigError]:
    """Check that the jobs' namespace has a claim, through which their datasets are copied."""
    value, names = settings.training.namespace, settings.storage.namespaces
    if settings.training.jobs and value not in names:
        rule = "must be one of storage.namespaces: the jobs' data goes through its claim"
        remedy = f"add it there, or set {names[0]}" if names else "add it there"
        yield ConfigError(TRAINING_NAMESPACE, rule, value, remedy, (NAMESPACES,))


def tags(settings: Settings) -> Iterator[ConfigError]:
    """Check the form of the tags; keys that begin with aws: are reserved."""
    for key, value in settings.tags.items():
        if not TAG_KEY.fullmatch(key) or key.lower().startswith("aws:"):
            rule = "must be a tag key: 1 to 128 letters, digits, spaces or _.:/=+-@, not aws:..."
            yield ConfigError(("tags", key), rule, key, "rename it")
        if not TAG_VALUE.fullmatch(value):
            rule = "must be at most 256 letters, digits, spaces or _.:/=+-@"
            yield ConfigError(("tags", key), rule, value, "shorten or correct it")


def own_tags(settings: Settings) -> Iterator[ConfigError]:
    """Check that tags differ from the program's own and, ignoring case, from each other."""
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
    """Check that there are not more tags than AWS allows."""
    if len(settings.tags) > MAX_TAGS:
        count = len(settings.tags)
        yield ConfigError(("tags",), f"must be at most {MAX_TAGS}", count, "remove some")


RULES = (training_claim, tags, own_tags, tag_count)
