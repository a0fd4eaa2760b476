"""`kubernetes:helm.sh/v3:Release`, installed by real Helm.

What may live here: which chart a release means, the helm command line, and the release as Helm
stored it in the cluster. Charts' contents are in `rehearsal/charts`, never here.
"""
