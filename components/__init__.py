"""The parts of the platform, one noun per file, as Pulumi components.

What may live here: components, their argument types, and the pure functions that build their
documents (addresses, policies, manifests, names). Nothing here reads stack config, makes a
provider or knows where it is run: a component is told everything by its arguments.
"""
