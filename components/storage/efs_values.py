"""Values of the settings of an EFS file system.

Sources: EFS API Reference, CreateFileSystem and PutLifecycleConfiguration.
"""

from typing import Literal

ThroughputMode = Literal["elastic", "bursting", "provisioned"]
PerformanceMode = Literal["generalPurpose", "maxIO"]
Age = Literal[
    "AFTER_1_DAY",
    "AFTER_7_DAYS",
    "AFTER_14_DAYS",
    "AFTER_30_DAYS",
    "AFTER_60_DAYS",
    "AFTER_90_DAYS",
    "AFTER_180_DAYS",
    "AFTER_270_DAYS",
    "AFTER_365_DAYS",
]

CREATED_FIELDS = (
    *("throughput_mode", "provisioned_throughput_mibps", "performance_mode"),
    *("transition_to_ia", "transition_to_archive", "transition_to_primary_storage_class"),
    *("zone", "backup", "kms_key_arn", "policy", "replication"),
)
"""Fields that have no effect on an existing file system."""
