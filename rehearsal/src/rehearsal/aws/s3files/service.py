"""S3 Files as a service of moto, which has none: its backends, its addresses and its calls."""

from __future__ import annotations

import re
import sys
from types import ModuleType

from moto import backend_index

from rehearsal.aws.s3files.access_points import AccessPointCalls
from rehearsal.aws.s3files.calls import FileSystemCalls
from rehearsal.aws.s3files.models import S3Files, s3files_backends
from rehearsal.aws.s3files.network import MountTargetCalls

HOST = r"https?://s3files\.(.+)\.amazonaws\.com"
"""Host by which moto finds the service; S3's own pattern would match it too, and stands later."""


class S3FilesResponses(FileSystemCalls, MountTargetCalls, AccessPointCalls):
    """All API calls of S3 Files that are emulated."""


def install() -> None:
    """Add the service to those that moto serves."""
    urls = ModuleType("moto.s3files.urls")
    vars(urls).update(url_bases=[HOST], url_paths={"{0}/.*$": S3FilesResponses.dispatch})
    service = ModuleType("moto.s3files")
    vars(service).update(s3files_backends=s3files_backends, urls=urls)
    sys.modules["moto.s3files"] = service
    S3Files._url_module = urls  # type: ignore[assignment,method-assign] # it is a property there
    backend_index.backend_url_patterns.insert(0, ("s3files", re.compile(HOST)))
