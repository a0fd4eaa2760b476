"""Settings of the pods that serve a model."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from pydantic import Field

from components.patterns.resources_spec import ResourcesSpec
from components.spec.errors import ConfigError
from components.spec.model import Spec

Port = Annotated[int, Field(ge=1024, le=65535)]


class ModelServerSpec(Spec):
    """Deployment that serves a model."""

    image: str | None = Field(default=None, examples=["nvcr.io/nvidia/tritonserver:25.10-py3"])
    """Image of your own, with its tag or digest; it finds the model's files in /opt/ml/model. By
    default the workloads image serves an XGBoost model with the interface of SageMaker's
    containers."""

    args: tuple[str, ...] = Field(default=(), examples=[["--model-repository=/opt/ml/model"]])
    """Command-line arguments of an image of your own."""

    port: Port = 8080
    """TCP port that the server listens on."""

    health_path: str = "/ping"
    """HTTP path that answers 200 once the model is loaded."""

    replicas: Annotated[int, Field(ge=1)] = 1
    """Number of pods."""

    resources: ResourcesSpec = ResourcesSpec(
        requests={"cpu": "250m", "memory": "512Mi"}, limits={"memory": "512Mi"}
    )
    """Requests and limits of each pod; a quarter of a processor and 512 MiB by default."""

    node_group: str | None = Field(default=None, examples=["gpu"])
    """Node group of the pods; by default any node without taints."""

    def own_problems(self) -> Iterator[ConfigError]:
        """Yield an error for a command line that the image of the workloads does not take."""
        if self.args and self.image is None:
            rule = "has a meaning only with an image of your own"
            remedy = "remove it, or set image"
            yield ConfigError(("args",), rule, list(self.args), remedy, (("image",),))
