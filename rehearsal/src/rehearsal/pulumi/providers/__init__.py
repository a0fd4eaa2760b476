"""Pulumi provider servers of the rehearsal: aws, kubernetes and eks.

Each is a process that speaks Pulumi's ResourceProvider protocol on a loopback port and serves every
update of one environment. It turns resources into API calls and keeps no state of its own. Only
`server` uses gRPC; the providers are plain Python behind it.
"""
