"""Errors of a training, in the three kinds of SageMaker's algorithms."""

from __future__ import annotations


class TrainingError(Exception):
    """The training cannot continue; the text gives the reason and the remedy."""


class UserError(TrainingError):
    """The user's data or hyperparameters are not valid."""


class AlgorithmError(TrainingError):
    """The algorithm failed in an unforeseen way."""


class PlatformError(TrainingError):
    """The platform lacks something that the training needs."""
