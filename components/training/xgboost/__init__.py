"""Rules of the hyperparameters of SageMaker's built-in XGBoost.

The config is refused for every value that the training container would refuse some minutes later,
after an instance was started. The rules were read from the container's own validator. Its results
for several hundred sets are recorded in tests/components/training/xgboost_verdicts.json.

Source: https://github.com/aws/sagemaker-xgboost-container,
src/sagemaker_xgboost_container/algorithm_mode/hyperparameter_validation.py, which is the same for
the tags 1.7-1, 3.0-5 and 3.2-0; and what xgboost itself refuses of the rest, seen in runs of
xgboost 1.7.6, 3.0.5 and 3.2.0.
"""
