"""Pulumi provider servers of the rehearsal: aws, kubernetes and eks.

Each is a process that speaks Pulumi's ResourceProvider protocol on a loopback port and serves
every update of one world. What is here turns resources into API calls; it keeps no state of
its own. gRPC is touched by `edge` only; the providers are plain Python behind it.
"""
