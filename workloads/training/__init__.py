"""The parts of `workloads.train`: gradient boosting with the open-source xgboost.

    environment      where SageMaker or Kubernetes says that things are
    hyperparameters  which there are, and how they are given
    channels         train and validation: read, and checked against each other
    table, tables    CSV (csv_tables) and libsvm (libsvm_tables) files, one worker's part of them
    labels           whether the first column can be one
    group            several workers that train one model
    checkpoints      models on the way, whole or not there
    boosting         the training itself

These run in SageMaker's XGBoost container too, whose Python is 3.10 and which has xgboost, numpy,
scipy and no more that they could count on: nothing here speaks to AWS or Kubernetes.
"""
