"""Names and parsing of hyperparameters.

An unknown name is an error. xgboost would only warn, and train a different model than intended.
https://docs.aws.amazon.com/sagemaker/latest/dg/xgboost_hyperparameters.html
https://xgboost.readthedocs.io/en/stable/parameter.html
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Sequence
from dataclasses import dataclass

from workloads.errors import UsageError

KNOWN = frozenset(
    """
    aft_loss_distribution aft_loss_distribution_scale alpha base_score booster colsample_bylevel
    colsample_bynode colsample_bytree device deterministic_histogram early_stopping_rounds eta
    eval_metric feature_selector gamma grow_policy huber_slope interaction_constraints lambda
    lambda_bias learning_rate max_bin max_cached_hist_node max_cat_threshold max_cat_to_onehot
    max_delta_step max_depth max_leaves min_child_weight min_split_loss monotone_constraints
    multi_strategy normalize_type nthread num_class num_parallel_tree num_round objective one_drop
    process_type quantile_alpha random_state rate_drop refresh_leaf reg_alpha reg_lambda
    sample_type sampling_method scale_pos_weight seed seed_per_iteration skip_drop subsample top_k
    tree_method tweedie_variance_power updater verbosity
    """.split()  # noqa: SIM905 (sixty quoted names are hard to read)
)
"""Names of all hyperparameters."""

TRAINING_ARGUMENTS = frozenset({"num_round", "early_stopping_rounds", "eval_metric"})
"""Names that are arguments of the training instead of parameters of the booster."""

SAGEMAKER_PREFIXES = ("sagemaker_", "_tuning")
"""Prefixes of the names that SageMaker adds for its own use."""


@dataclass(frozen=True)
class Hyperparameters:
    """Hyperparameters of one training."""

    rounds: int
    """Total number of rounds."""
    booster: dict[str, str]
    """Parameters of the booster."""
    metrics: list[str]
    """Metrics to evaluate after each round; the default of the objective if empty."""
    early_stopping_rounds: int | None
    """Number of rounds without a better validation metric that end the training, or None."""

    @property
    def objective(self) -> str:
        """Objective of the training, by default that of xgboost."""
        return self.booster.get("objective", "reg:squarederror")

    @property
    def classes(self) -> int | None:
        """Number of classes, or None if the labels are not classes."""
        if self.objective.startswith("multi:"):
            return parse_integer("num_class", self.booster.get("num_class"), minimum=2)
        return 2 if self.objective.startswith("binary:") else None


def to_arguments(sm_hps: str) -> list[str]:
    """Convert SageMaker's hyperparameters (SM_HPS, in JSON) to command-line arguments."""
    values = json.loads(sm_hps or "{}")
    pairs = [(f"--{name}", format_value(value)) for name, value in sorted(values.items())]
    return [argument for pair in pairs for argument in pair]


def format_value(value: object) -> str:
    """Return a value in the form of the command line."""
    return value if isinstance(value, str) else json.dumps(value)


def parse(arguments: Sequence[str]) -> Hyperparameters:
    """Parse arguments of the form `--NAME VALUE` or `--NAME=VALUE`; the last one of a name counts.

    Raises:
        UsageError: A name is unknown, or a value is missing or invalid.
    """
    values = {
        name: value
        for name, value in split_pairs(arguments)
        if not name.startswith(SAGEMAKER_PREFIXES) and value
    }
    for name in values:
        if name not in KNOWN:
            raise UsageError(f"hyperparameter {name} does not exist{suggest(name)}")
    early_stopping_rounds = values.get("early_stopping_rounds")
    return Hyperparameters(
        rounds=parse_integer("num_round", values.get("num_round")),
        booster={name: value for name, value in values.items() if name not in TRAINING_ARGUMENTS},
        metrics=split_names(values.get("eval_metric", "")),
        early_stopping_rounds=None
        if early_stopping_rounds is None
        else parse_integer("early_stopping_rounds", early_stopping_rounds),
    )


def split_pairs(arguments: Sequence[str]) -> list[tuple[str, str]]:
    """Split arguments into pairs of name and value.

    Raises:
        UsageError: A name has no value, or a value has no name.
    """
    found, remaining = [], list(arguments)
    while remaining:
        argument = remaining.pop(0)
        name, assigned, value = argument.lstrip("-").partition("=")
        if not argument.startswith("-"):
            raise UsageError(f"{argument!r} is a value without a name: give --NAME VALUE")
        if not assigned:
            if not remaining:
                raise UsageError(f"{argument} has no value: give {argument} VALUE")
            value = remaining.pop(0)
        found.append((name, value))
    return found


def split_names(text: str) -> list[str]:
    """Split a list of names in the notation of a command line, of JSON or of Python."""
    return [name.strip(" \"'") for name in text.strip("[] ").split(",") if name.strip()]


def parse_integer(name: str, text: str | None, minimum: int = 1) -> int:
    """Parse the whole number of a hyperparameter.

    Raises:
        UsageError: The value is missing, not a whole number, or less than the minimum.
    """
    if text is None:
        raise UsageError(f"hyperparameter {name} is missing: give --{name} NUMBER")
    try:
        value = int(text)
    except ValueError:
        value = minimum - 1
    if value < minimum:
        raise UsageError(f"hyperparameter {name} is {text}: give a whole number from {minimum}")
    return value


def suggest(name: str) -> str:
    """Return the closest known name as the end of a sentence, or an empty text."""
    matches = difflib.get_close_matches(name, KNOWN, n=1)
    return f"; did you mean {matches[0]}?" if matches else ""
