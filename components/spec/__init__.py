"""Specs: the settings of one component each, as frozen pydantic models, and their errors.

`model` is the base of every spec, `errors` the form of an error, `parsing` makes a spec of raw
values and errors of those that do not fit, `wording` puts pydantic's findings into plain words, and
`spelling` suggests the key or value that a misspelt one was probably meant to be. Nothing here
knows of a resource, of AWS or of the stack file. `components/` and `settings/` both use it.
"""
