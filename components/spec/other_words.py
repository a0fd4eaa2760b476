"""Well-known other words for values of closed sets, where the spelling alone suggests nothing.

A word is written in lower case and without what joins its parts. It may stand for a value in more
than one set; the set that is asked for decides.
"""

from typing import Final

OTHER_WORDS: Final[dict[str, tuple[str, ...]]] = {
    # Storage back ends
    "lustre": ("fsx",),
    "fsxlustre": ("fsx",),
    "fsxforlustre": ("fsx",),
    "nfs": ("efs",),
    "elasticfilesystem": ("efs",),
    # Switches
    "false": ("none", "NONE"),
    "no": ("none", "NONE"),
    "off": ("none", "NONE"),
    "disabled": ("none", "NONE"),
    "true": ("single", "LZ4"),
    "on": ("single", "LZ4"),
    "enabled": ("single", "LZ4"),
    # NAT gateways
    "one": ("single",),
    "peraz": ("perZone",),
    "oneperaz": ("perZone",),
    "oneperzone": ("perZone",),
    "multi": ("perZone",),
    # Subnets
    "internal": ("private",),
    "external": ("public",),
    # FSx for Lustre
    "flash": ("SSD",),
    "disk": ("HDD",),
    "all": ("NEW_CHANGED_DELETED",),
    # EFS
    "gp": ("generalPurpose",),
    "fixed": ("provisioned",),
    # Storage classes of S3
    "ia": ("STANDARD_IA",),
    "infrequentaccess": ("STANDARD_IA",),
    "standardinfrequentaccess": ("STANDARD_IA",),
    "onezoneinfrequentaccess": ("ONEZONE_IA",),
    "glacierinstantretrieval": ("GLACIER_IR",),
    "glacierflexibleretrieval": ("GLACIER",),
    "glacierdeeparchive": ("DEEP_ARCHIVE",),
    # EKS
    "readonly": ("AmazonEKSViewPolicy",),
    "apiserver": ("api",),
    "kubeapiserver": ("api",),
    "kubedns": ("coredns",),
    # Formats of datasets
    "svmlight": ("text/libsvm",),
}
