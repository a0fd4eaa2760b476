"""The hyperparameters that SageMaker's built-in XGBoost takes.

The config is refused for everything that the training container would refuse after minutes of
starting an instance. The container's own validator is read for its rules, never copied; its
verdicts on several hundred sets are recorded in tests/components/training/xgboost_verdicts.json.

Source: https://github.com/aws/sagemaker-xgboost-container,
src/sagemaker_xgboost_container/algorithm_mode/hyperparameter_validation.py, which is the same for
the tags 1.7-1, 3.0-5 and 3.2-0; and what xgboost itself refuses of the rest, seen in runs of
xgboost 1.7.6, 3.0.5 and 3.2.0.
"""
