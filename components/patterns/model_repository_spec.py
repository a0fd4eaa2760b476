"""Settings of the models on the shared storage, and of their servers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated

from pydantic import Field

from components.names import label_errors
from components.patterns.model_server_spec import ModelServerSpec
from components.spec.errors import NOT_SET, ConfigError, Path
from components.spec.model import Spec

MAX_NAME_LENGTH = 40
"""Characters of a model's name, which is part of the name of its Service."""
PREFIX = re.compile(r"[^/:\s][^:\s]*/")


class ModelSpec(Spec):
    """Model in the repository: that of a training job, one of `models`, or files under a prefix."""

    job: str | None = None
    """Name of the training job that makes the model, one of training.jobs."""

    prefix: str | None = Field(default=None, examples=["models/x/"])
    """Prefix of the data bucket with the model's files, such as models/x/, in place of a job. The
    files are copied when the stack is deployed, and again by the next update after one of them has
    changed."""

    model: str | None = Field(default=None, examples=["mistral"])
    """Name of a model that the stack does not train, one of models, in place of a job."""

    namespace: str | None = Field(default=None, examples=["serving"])
    """Namespace of the server, one of storage.namespaces; by default the training namespace."""

    wait_seconds: Annotated[int, Field(ge=1, le=28 * 24 * 3600)] = 3600
    """Maximum time that an update waits for the model to be in the bucket, in seconds."""

    server: ModelServerSpec = ModelServerSpec()
    """Deployment that serves the model."""


class ModelRepositorySpec(Spec):
    """Models that are copied to the shared storage once, where every server reads them."""

    models: dict[str, ModelSpec] = Field(default_factory=dict)
    """Models by name."""

    def own_problems(self) -> Iterator[ConfigError]:
        """Yield the broken rules of the models' names and sources."""
        yield from label_errors(("models",), self.models, max_length=MAX_NAME_LENGTH)
        for name, model in self.models.items():
            yield from _source(name, model)


def _source(name: str, model: ModelSpec) -> Iterator[ConfigError]:
    path: Path = ("models", name)
    given = {"job": model.job, "prefix": model.prefix, "model": model.model}
    named = {key: value for key, value in given.items() if value is not None}
    if len(named) != 1:
        rule = "must have a job, a prefix or a model, one of them"
        remedy = "name what trains it, or where its files are"
        yield ConfigError(path, rule, named or NOT_SET, remedy)
    elif model.prefix is not None and not PREFIX.fullmatch(model.prefix):
        rule = "must be a prefix of the data bucket with a slash at its end, and none before it"
        remedy = f"write for instance models/{name}/"
        yield ConfigError((*path, "prefix"), rule, model.prefix, remedy)
