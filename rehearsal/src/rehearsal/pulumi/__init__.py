"""Pulumi: the engine, the language host that runs the program, and the provider servers.

engine          drives the real engine through its Automation API
command         runs the engine's program, which ends with the process that runs it
back_end        locks and operations that killed updates left
project_files   Pulumi.yaml and the stack files, and the copies that the engine reads
yaml_files      reading of YAML with file and line
program_check   the program's own check of a stack file
launcher        the `pulumi` of the environment of `rehearsal env`
display         shows an update from the engine's events
rows            lines of resources in this display
language_host/  Pulumi's Python language protocol, for an engine that came without one
own_user        lets gRPC servers answer the processes of their own user only
providers/      provider servers: aws, eks, kubernetes, on the common `server`
"""
