"""Clients of the emulated AWS, for the processes of the rehearsal and for the command.

aws              boto3 clients
service_models   botocore's descriptions of AWS services, in less memory
training_status  status feed of training jobs, beside SageMaker's API
"""
