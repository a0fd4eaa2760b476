"""What happens inside SageMaker's XGBoost container, with the open-source xgboost of this Python.

A program of its own that knows its environment and /opt/ml and nothing else of the rehearsal, as
a container does. Rules, words and files are those of the public container and training toolkit:
https://github.com/aws/sagemaker-xgboost-container and
https://github.com/aws/sagemaker-training-toolkit.

It is stricter in one thing: data that the container would take as numbers without a word (text,
fields in quotes, a label column of one value) ends the job here, as finding that is what a
rehearsal is for.
"""
