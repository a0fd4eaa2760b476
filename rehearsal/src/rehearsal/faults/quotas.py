"""Quotas that a fault can exhaust: AWS's error code and message, by service and call.

Sources: EC2 API Reference, "Error codes for the Amazon EC2 API"; the errors of each call in the API
References of FSx, EFS, EKS, IAM, S3, SageMaker and SQS.
"""

from __future__ import annotations

QUOTAS: dict[str, dict[str, tuple[str, str]]] = {
    "ec2": {
        "AllocateAddress": (
            "AddressLimitExceeded",
            "The maximum number of addresses has been reached.",
        ),
        "CreateInternetGateway": (
            "InternetGatewayLimitExceeded",
            "The maximum number of internet gateways has been reached.",
        ),
        "CreateNatGateway": (
            "NatGatewayLimitExceeded",
            "The maximum number of NAT gateways has been reached.",
        ),
        "CreateSecurityGroup": (
            "SecurityGroupLimitExceeded",
            "The maximum number of security groups has been reached.",
        ),
        "CreateVpc": ("VpcLimitExceeded", "The maximum number of VPCs has been reached."),
        "CreateVpcEndpoint": (
            "VpcEndpointLimitExceeded",
            "The maximum number of VPC endpoints has been reached.",
        ),
    },
    "efs": {
        "CreateFileSystem": (
            "FileSystemLimitExceeded",
            "You have reached the maximum number of file systems for your account.",
        ),
        "CreateAccessPoint": (
            "AccessPointLimitExceeded",
            "You have reached the maximum number of access points for the file system.",
        ),
    },
    "s3files": {
        "CreateFileSystem": (
            "ServiceQuotaExceededException",
            "You have reached the maximum number of file systems for your account.",
        ),
    },
    "eks": {
        "CreateCluster": (
            "ResourceLimitExceededException",
            "You have reached the maximum number of clusters.",
        ),
        "CreateNodegroup": (
            "ResourceLimitExceededException",
            "You have reached the maximum number of node groups for the cluster.",
        ),
    },
    "fsx": {
        "CreateFileSystem": (
            "ServiceLimitExceeded",
            "The request would exceed the quota for the storage capacity of Lustre file systems.",
        )
    },
    "iam": {
        "CreatePolicy": ("LimitExceeded", "Cannot exceed quota for PoliciesPerAccount: 1500"),
        "CreateRole": ("LimitExceeded", "Cannot exceed quota for RolesPerAccount: 1000"),
    },
    "s3": {
        "CreateBucket": (
            "TooManyBuckets",
            "You have attempted to create more buckets than allowed.",
        ),
    },
    "sagemaker": {
        "CreateTrainingJob": (
            "ResourceLimitExceeded",
            "The account-level service limit for training job usage is 0 Instances. Please use "
            "AWS Service Quotas to request an increase for this quota.",
        )
    },
}
