"""Emulation of SageMaker's XGBoost container, with the open-source xgboost of this Python.

It is a program of its own, which knows its environment variables and /opt/ml and nothing else of
the rehearsal, as a container does. Rules, messages and files are those of the public container and
training toolkit: https://github.com/aws/sagemaker-xgboost-container and
https://github.com/aws/sagemaker-training-toolkit.

It is stricter in one respect. Data that the container would silently read as numbers (text, fields
in quotes, a label column of one value) is an error here, because finding such data is the purpose
of a rehearsal.
"""
