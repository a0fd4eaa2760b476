"""Arguments that the tests of the storage share."""

from typing import Any

import pulumi

from tests.components.samples import bucket, network

LINK = {
    "import_path": "datasets/",
    "export_path": "exports/",
    "auto_import_policy": "NEW_CHANGED",
    "imported_file_chunk_size_mib": 1024,
    "preload": False,
}

LUSTRE = {
    "deployment_type": "PERSISTENT_1",
    "file_system_type_version": "2.15",
    "zone": None,
    "storage_type": "SSD",
    "drive_cache_type": None,
    "storage_capacity_gib": 1200,
    "throughput": 50,
    "data_compression_type": "LZ4",
    "weekly_maintenance_start_time": "7:03:00",
    "automatic_backup_retention_days": 0,
    "daily_automatic_backup_start_time": None,
    "kms_key_arn": None,
    "link": LINK,
}

EFS = {
    "throughput_mode": "elastic",
    "provisioned_throughput_mibps": None,
    "performance_mode": "generalPurpose",
    "transition_to_ia": "AFTER_30_DAYS",
    "transition_to_archive": None,
    "backup": True,
    "kms_key_arn": None,
    "access_point": {"path": "/shared", "uid": 1000, "gid": 1000, "permissions": "0775"},
}


def storage(file_system: dict[str, Any], **changes: Any) -> Any:
    """Arguments of a back end in two zones, with one client known from the start."""
    given = {
        "network": network(),
        "bucket": bucket(),
        "clients": {"training": pulumi.Output.from_input("sg-training")},
        "protect": False,
    }
    return {**given, **file_system, **changes}
