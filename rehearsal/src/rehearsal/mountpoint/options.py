"""Flags of mount-s3, as the CSI driver reads them from a volume's mount options.

Sources: https://github.com/awslabs/mountpoint-s3 (mountpoint-s3/src/cli.rs) and
https://github.com/awslabs/mountpoint-s3-csi-driver (pkg/mountpoint/args.go, pkg/driver/node)
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


SWITCHES = _words(
    """
    allow-delete allow-other allow-overwrite allow-root auto-unmount debug debug-crt dual-stack
    force-path-style incremental-upload log-metrics no-log no-sign-request read-only requester-pays
    transfer-acceleration
    """
)
"""Flags without a value."""
VALUES = _words(
    """
    aws-max-attempts bucket-type cache cache-xz dir-mode endpoint-url expected-bucket-owner
    file-mode gid log-directory max-cache-size max-threads maximum-throughput-gbps memory-target
    metadata-ttl negative-metadata-ttl part-size prefix profile read-part-size region sse
    sse-kms-key-id storage-class uid upload-checksums user-agent-prefix write-part-size
    """
)
"""Flags with a value."""
DROPPED = frozenset(["foreground", "-f", "help", "-h", "version", "-v"])
"""Flags that the driver leaves out."""
NUMBERS = ("aws-max-attempts", "gid", "max-cache-size", "max-threads", "uid")
CACHED_SECONDS = 60.0
"""Time for which metadata is kept with a cache; without one, nothing is kept that a listing or an
opening shows."""


class OptionsError(ValueError):
    """The driver or mount-s3 does not take the options."""


@dataclass(frozen=True)
class Options:
    """Options of one mount."""

    prefix: str = ""
    """Beginning of the keys that are shown: empty, or with a slash at its end."""
    region: str = ""
    """Region of the bucket; empty if the options do not say it."""
    read_only: bool = False
    allow_delete: bool = False
    allow_overwrite: bool = False
    allow_other: bool = False
    """True if other users than Mountpoint's own, and root, may use the directory."""
    metadata_seconds: float = 0.0
    """Time for which metadata is not read again; infinite if it is never read again."""


def parse(mount_options: Sequence[str], *, read_only: bool, fs_group: str, cached: bool) -> Options:
    """Return the options of a volume.

    Args:
        mount_options: Mount options of the volume.
        read_only: True if the volume is mounted for reading only, or its access mode says so.
        fs_group: `fsGroup` of the pod; empty without one.
        cached: True if the volume has a cache in its attributes.

    Raises:
        OptionsError: An option is unknown, or has a value that is not possible.
    """
    flags = _flags(mount_options)
    for name in NUMBERS:
        if name in flags and not flags[name].isdecimal():
            raise OptionsError(f"invalid value '{flags[name]}' for '--{name}': invalid digit found")
    if "max-cache-size" in flags and not cached and "cache" not in flags:
        raise OptionsError("the following required arguments were not provided: --cache")
    if {"allow-other", "allow-root"} <= flags.keys():
        raise OptionsError("the argument '--allow-other' cannot be used with '--allow-root'")
    return Options(
        prefix=_prefix(flags.get("prefix", "")),
        region=flags.get("region", ""),
        read_only=read_only or "read-only" in flags,
        allow_delete="allow-delete" in flags,
        allow_overwrite="allow-overwrite" in flags,
        allow_other="allow-other" in flags or bool(fs_group),
        metadata_seconds=_seconds(flags, cached=cached or "cache" in flags or "cache-xz" in flags),
    )


def _flags(mount_options: Sequence[str]) -> Mapping[str, str]:
    """Return the value of each flag: a name and a value stand with a space or = between them."""
    flags: dict[str, str] = {}
    for option in mount_options:
        text = option.strip()
        ends = [at for at in (text.find(" "), text.find("=")) if at >= 0]
        at = min(ends, default=len(text))
        name, value = text[:at].removeprefix("--"), text[at + 1 :].strip()
        if name in DROPPED:
            continue
        if name in ("-o", "ca-bundle"):
            raise OptionsError(f"Running mount-s3 with {text[:at]} is not supported in CSI Driver.")
        if name not in SWITCHES | VALUES:
            raise OptionsError(f"unexpected argument '--{name}' found")
        if name in VALUES and not value:
            raise OptionsError(f"a value is required for '--{name}' but none was supplied")
        if name in SWITCHES and value:
            raise OptionsError(f"unexpected value '{value}' for '--{name}' found")
        flags[name] = value
    return flags


def _prefix(prefix: str) -> str:
    if prefix and not prefix.endswith("/"):
        raise OptionsError(f"invalid value '{prefix}' for '--prefix': must end in '/'")
    return prefix


def _seconds(flags: Mapping[str, str], *, cached: bool) -> float:
    value = flags.get("metadata-ttl", "")
    if not value:
        return CACHED_SECONDS if cached else 0.0
    if value in ("minimal", "indefinite"):
        return math.inf if value == "indefinite" else 0.0
    if not value.isdecimal():
        raise OptionsError(f"invalid value '{value}' for '--metadata-ttl <SECONDS|indefinite>'")
    return float(value)
