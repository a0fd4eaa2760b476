"""Resource type `kubernetes:helm.sh/v3:Release`, installed by real Helm.

The package holds the choice of a release's chart, the helm command line, and the release as Helm
stored it in the cluster. Charts' contents are in `rehearsal/charts`, never here.
"""
