"""Parts of `workloads.train`, gradient boosting with the open-source xgboost.

    environment          settings from SageMaker's or a Kubernetes Job's environment
    hyperparameters      known names and parsing
    channels             train and validation channels, checked against each other
    channel_reader       files of a channel as one table, divided between workers
    csv_reader           reader of CSV files
    libsvm_reader        reader of libsvm files
    table                table in memory, and a worker's shard of it
    labels               checks of the label column
    group                workers that train one model together
    model_checkpoints    atomic checkpoints of the model
    boosting             training and evaluation

These modules also run in SageMaker's XGBoost container, which has Python 3.10, xgboost, numpy and
scipy but guarantees no other package. Thus they use neither AWS nor Kubernetes clients.
"""
