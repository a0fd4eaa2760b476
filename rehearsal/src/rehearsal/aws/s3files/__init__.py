"""Amazon S3 Files as its API shows it; the data of files is not stored here.

    models     the resources: file systems, mount targets, access points
    rules      AWS's rules for the bucket and the role of a file system
    calls      the API calls
    service    the service as moto knows the others, which has none of this name

The rules come from the S3 Files API reference and the S3 User Guide, the words of a role that lacks
a permission from terraform-provider-aws (internal/service/s3files/file_system.go).
"""

from rehearsal.aws.s3files.service import install

__all__ = ["install"]
