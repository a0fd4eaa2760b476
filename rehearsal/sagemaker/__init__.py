"""Runs the training jobs that the emulated SageMaker has accepted, as SageMaker would.

A process of the world beside the emulated cloud. Nothing here knows of Kubernetes: a job comes
from ACK, from boto3 or from anywhere else.
"""
