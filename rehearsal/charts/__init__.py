"""Stand-ins for the Helm charts of AWS's controllers, for a machine without a network.

Each has the real chart's name, version, values and the objects by which a cluster shows that the
driver is there: service accounts, the CSIDriver, CRDs, workloads. The images never run: the pods
are annotated as emulated, and rehearsal.cluster.controllers plays their part. What a value's key
may be is held by a strict values.schema.json, so that a misspelt one is refused here although
the real chart would drop it in silence.

    crd     writes the TrainingJob CRD from botocore's model
    schema  writes each chart's values.schema.json from its values.yaml

Real Helm installs them; nothing else of the rehearsal needs to know that they stand in.
"""

from pathlib import Path

HERE = Path(__file__).parent
NAMES = ("aws-fsx-csi-driver", "aws-efs-csi-driver", "sagemaker-chart")
