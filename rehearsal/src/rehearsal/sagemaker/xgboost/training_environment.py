"""Variables and arguments that describe the job to a training script.

Source: https://github.com/aws/sagemaker-training-toolkit/blob/master/ENVIRONMENT_VARIABLES.md
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any

from rehearsal.sagemaker.xgboost.layout import Layout

PREFIX = "sagemaker_"
# Hyperparameters for the toolkit, which are not passed to the script.
_OWN = ("_tuning_objective_metric",)


@dataclass(frozen=True)
class TrainingEnvironment:
    """A job as its script sees it."""

    layout: Layout
    hyperparameters: Mapping[str, Any]
    resources: Mapping[str, Any]
    channels: Mapping[str, Any]

    @classmethod
    def read(cls, layout: Layout) -> TrainingEnvironment:
        """Read the container's configuration files; JSON values are parsed."""
        given = layout.read("hyperparameters")
        return cls(
            layout,
            {name: _decoded(text) for name, text in given.items()},
            layout.read("resourceconfig"),
            layout.read("inputdataconfig"),
        )

    @property
    def program(self) -> str:
        """Path of the script in the folder of the code."""
        return str(self.hyperparameters["sagemaker_program"])

    @property
    def module(self) -> str:
        """Module name of the script, by which the image runs it."""
        return self.program.removesuffix(".py")

    @property
    def submit_directory(self) -> str:
        """URI of the code's tarball, s3://BUCKET/KEY."""
        return str(self.hyperparameters.get("sagemaker_submit_directory", ""))

    @property
    def user(self) -> dict[str, Any]:
        """Hyperparameters of the script itself."""
        return {
            name: value
            for name, value in self.hyperparameters.items()
            if not name.startswith(PREFIX) and name not in _OWN
        }

    @property
    def arguments(self) -> list[str]:
        """Command line of the script: --NAME VALUE for each of its hyperparameters, by name."""
        pairs = sorted(self.user.items())
        named = ((f"--{name}" if len(name) > 1 else f"-{name}", _text(v)) for name, v in pairs)
        return list(chain.from_iterable(named))

    def variables(self) -> dict[str, str]:
        """Return the SM_ variables."""
        layout, hosts = self.layout, self.resources.get("hosts", ["algo-1"])
        told: dict[str, Any] = {
            "model_dir": str(layout.model),
            "input_dir": str(layout.base / "input"),
            "input_config_dir": str(layout.config),
            "output_dir": str(layout.output),
            "output_data_dir": str(layout.output / "data"),
            "output_intermediate_dir": str(layout.output / "intermediate"),
            "module_dir": self.submit_directory,
            "module_name": self.module,
            "user_entry_point": self.program,
            "user_args": self.arguments,
            "hps": self.user,
            "hosts": hosts,
            "current_host": self.resources.get("current_host", hosts[0]),
            "current_instance_type": self.resources.get("current_instance_type", ""),
            "current_instance_group": self.resources.get("current_group_name", ""),
            "network_interface_name": self.resources.get("network_interface_name", "lo"),
            "resource_config": self.resources,
            "input_data_config": self.channels,
            "channels": sorted(self.channels),
            "num_cpus": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1,
            "num_gpus": 0,
            "num_neurons": 0,
            "log_level": self.hyperparameters.get("sagemaker_container_log_level", 20),
            "framework_module": "sagemaker_xgboost_container.training:main",
        }
        told |= {f"channel_{name}": str(layout.channel(name)) for name in self.channels}
        told |= {f"hp_{name}": value for name, value in self.user.items()}
        told["training_env"] = dict(told)
        return {f"SM_{name.upper()}": _variable(value) for name, value in told.items()}


def _decoded(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _text(value: Any) -> str:
    return json.dumps(value) if isinstance(value, dict | list) else str(value)


def _variable(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True)
