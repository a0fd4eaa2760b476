"""Base of the specs, the frozen pydantic models with the settings of one component each.

`model` is the base class of every spec and `errors` the form of an error. `parsing` makes a spec
from raw values, and errors from those that do not fit. `wording` words pydantic's errors in plain
English, and `spelling` suggests the key or value that is most similar to a misspelt one. The
package depends on no resource, nor on AWS or the stack file. `components/` and `settings/` use it.
"""
