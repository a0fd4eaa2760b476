"""Declarations of resource types: a module for each part of AWS, with a list RESOURCES.

The modules contain only declarations, and small functions that turn one type's properties into
AWS's requests and back; what is common to all types is in the package above.
"""
