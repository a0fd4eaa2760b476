"""Write one HTML page that shows what a rehearsal deployed and what happened in it.

The page stands alone: styles, pictures and the small script are inside it, and it loads nothing.
Everything that it shows was measured: the engine's state and events, and the rehearsal's records.

    graph         the deployed resources by component, and their dependencies
    architecture  a picture of these components
    timeline      the bars of an update, and its longest chain
    curve         the training curves of a job
    jobs          training jobs by their results
    formatting    formatting of figures for a person
    page          collects all of this and renders the templates
"""

from rehearsal.report.jobs import of
from rehearsal.report.page import write

__all__ = ["of", "write"]
