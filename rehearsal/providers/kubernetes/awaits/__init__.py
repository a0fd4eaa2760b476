"""When an object is ready: one small judgement per kind, and the wait that asks it again and again.

A judgement looks at the live object (and, through `Surroundings`, at what belongs to it) and says
what is still missing, in pulumi-kubernetes's words. Nothing here creates or changes anything.
"""
