"""Pulumi: the engine, the language host that runs the program, and the provider servers.

engine          drives the real engine through its Automation API
display         shows an update from the engine's events
rows            lines of resources in this display
language_host/  Pulumi's Python language protocol, for an engine that came without one
own_user        lets gRPC servers answer the processes of their own user only
providers/      provider servers: aws, eks, kubernetes, on the common `server`
"""
