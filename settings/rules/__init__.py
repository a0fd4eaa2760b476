"""The rules of AWS and Kubernetes that a stack config can break.

What may live here: small pure functions, one per rule, gathered in each module's RULES. A rule
reads the settings (and, in `zones.py`, facts about the account) and yields a fault for each place
that breaks it; it raises nothing and asks nobody.
"""
