"""Reads the stack config."""

from __future__ import annotations

import json

import pulumi
from pulumi.runtime.config import CONFIG, get_config_env

from settings.stack import Settings


def load() -> Settings:
    """The stack's settings."""
    project = pulumi.get_project()
    config = {**get_config_env(), **CONFIG.get()}
    sections = {}
    for key, value in config.items():
        namespace, _, name = key.partition(":")
        if namespace == project:
            sections[name] = json.loads(value) if value[:1] in "{[" else value
    where = {"project": project, "stack": pulumi.get_stack(), "region": config["aws:region"]}
    return Settings.model_validate(sections | where)
