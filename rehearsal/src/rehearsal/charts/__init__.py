"""Replacements for the Helm charts of AWS's controllers, for a machine without a network.

Each has the real chart's name, version and values, and the objects that show that the driver is
installed: service accounts, the CSIDriver, CRDs, workloads. The images never run: kwok annotates
the pods as emulated, and rehearsal.kubernetes.controllers emulates them. A strict
values.schema.json lists the allowed keys of the values, so that a misspelt key is refused here
although the real chart would ignore it silently.

    crd         writes the TrainingJob CRD from botocore's model
    schema      writes each chart's values.schema.json from its values.yaml
    repository  the charts as a repository or a registry serves them
    proxy       serves them to the real Kubernetes provider, whatever host it asks

The real Helm installs these charts; no other code of the rehearsal depends on the replacement.
"""

from pathlib import Path

CHARTS_VARIABLE = "REHEARSAL_CHARTS"
"""Variable that, set to `real`, has charts downloaded from their own repositories."""
HERE = Path(__file__).parent
CHARTS = (
    "aws-fsx-csi-driver",
    "aws-efs-csi-driver",
    "aws-mountpoint-s3-csi-driver",
    "sagemaker-chart",
)
