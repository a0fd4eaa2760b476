"""How a training ends badly, in the three kinds that SageMaker's algorithms know."""

from __future__ import annotations


class TrainingError(Exception):
    """The training can't go on; the text says why and what to do."""


class UserError(TrainingError):
    """What the user gave, data or hyperparameters, is not right."""


class AlgorithmError(TrainingError):
    """The algorithm failed in a way that nobody foresaw."""


class PlatformError(TrainingError):
    """What the training needs around it is not there."""
