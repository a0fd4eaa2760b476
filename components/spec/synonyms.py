"""Synonyms of values in closed sets, for words whose spelling is not similar to the value.

Words are in lower case, without hyphens, underscores and spaces. A word can be a synonym of values
in several sets; only those in the set of the key count.
"""

from typing import Final

SYNONYMS: Final[dict[str, tuple[str, ...]]] = {
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
