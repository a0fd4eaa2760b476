"""Rules of a bucket's name.

Source: S3 User Guide, "General purpose bucket naming rules".
"""

import re

NAME = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
RESERVED_STARTS = ("xn--", "sthree-", "amzn-s3-demo-")
RESERVED_ENDS = ("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3")


def is_bucket_name(name: str) -> bool:
    """Return whether a general purpose bucket can have a name."""
    return (
        NAME.fullmatch(name) is not None
        and ".." not in name
        and re.fullmatch(r"\d+(\.\d+){3}", name) is None
        and not name.startswith(RESERVED_STARTS)
        and not name.endswith(RESERVED_ENDS)
    )
