"""Programs that no package registry has ready, and their build.

build        builds them: `python -m rehearsal.tools`
engine/      Go module of Pulumi's engine
kubernetes/  Go module of the Kubernetes programs, all in one binary
"""
