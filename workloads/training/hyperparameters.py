"""Hyperparameters: which there are, and how they come.

A misspelt one is refused: xgboost would only warn, and train something else than was asked for.
https://docs.aws.amazon.com/sagemaker/latest/dg/xgboost_hyperparameters.html
https://xgboost.readthedocs.io/en/stable/parameter.html
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Sequence
from dataclasses import dataclass

from workloads.faults import UsageError

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
    """.split()  # noqa: SIM905 (sixty quoted words would be read by nobody)
)

OURS = frozenset({"num_round", "early_stopping_rounds", "eval_metric"})
"""Those that are arguments of the training rather than parameters of the booster."""

OF_SAGEMAKER = ("sagemaker_", "_tuning")
"""How the names begin that SageMaker adds for itself."""


@dataclass(frozen=True)
class Hyperparameters:
    """What a model is trained with."""

    rounds: int
    """How many in all."""
    booster: dict[str, str]
    """Parameters of the booster."""
    metrics: list[str]
    """To evaluate after each round; none: the objective's own."""
    patience: int | None
    """Rounds without a better validation after which training stops; none: it does not."""

    @property
    def objective(self) -> str:
        """What is learned; xgboost's own default where none is given."""
        return self.booster.get("objective", "reg:squarederror")

    @property
    def classes(self) -> int | None:
        """How many classes there are, where labels are classes."""
        if self.objective.startswith("multi:"):
            return whole("num_class", self.booster.get("num_class"), least=2)
        return 2 if self.objective.startswith("binary:") else None


def as_words(sagemaker: str) -> list[str]:
    """SM_HPS, SageMaker's hyperparameters in JSON, as words of a command line."""
    values = json.loads(sagemaker or "{}")
    pairs = [(f"--{name}", text_of(value)) for name, value in sorted(values.items())]
    return [word for pair in pairs for word in pair]


def text_of(value: object) -> str:
    """A value as it is written on the command line."""
    return value if isinstance(value, str) else json.dumps(value)


def parse(words: Sequence[str]) -> Hyperparameters:
    """What the rest of a command line says: `--NAME VALUE` or `--NAME=VALUE`, the last one counts.

    Raises:
        UsageError: a name is unknown, a value missing or of no use.
    """
    given = {
        name: value for name, value in pairs(words) if not name.startswith(OF_SAGEMAKER) and value
    }
    for name in given:
        if name not in KNOWN:
            raise UsageError(f"hyperparameter {name}: there is none of this name{guess(name)}")
    patience = given.get("early_stopping_rounds")
    return Hyperparameters(
        rounds=whole("num_round", given.get("num_round")),
        booster={name: value for name, value in given.items() if name not in OURS},
        metrics=names(given.get("eval_metric", "")),
        patience=None if patience is None else whole("early_stopping_rounds", patience),
    )


def pairs(words: Sequence[str]) -> list[tuple[str, str]]:
    """Names and values.

    Raises:
        UsageError: a name has no value, or a value no name.
    """
    found, waiting = [], list(words)
    while waiting:
        word = waiting.pop(0)
        name, assigned, value = word.lstrip("-").partition("=")
        if not word.startswith("-"):
            raise UsageError(f"{word!r}: a value without a name; give --NAME VALUE")
        if not assigned:
            if not waiting:
                raise UsageError(f"{word}: give a value after it")
            value = waiting.pop(0)
        found.append((name, value))
    return found


def names(text: str) -> list[str]:
    """A list that is given with commas, or as JSON or Python writes one."""
    return [name.strip(" \"'") for name in text.strip("[] ").split(",") if name.strip()]


def whole(name: str, text: str | None, least: int = 1) -> int:
    """A hyperparameter's whole number.

    Raises:
        UsageError: it is missing, or none.
    """
    if text is None:
        raise UsageError(f"hyperparameter {name} is missing: give --{name} NUMBER")
    try:
        value = int(text)
    except ValueError:
        value = least - 1
    if value < least:
        raise UsageError(f"hyperparameter {name} is {text}: give a whole number from {least}")
    return value


def guess(name: str) -> str:
    """What was probably meant."""
    near = difflib.get_close_matches(name, KNOWN, n=1)
    return f"; {near[0]} was meant?" if near else ""
