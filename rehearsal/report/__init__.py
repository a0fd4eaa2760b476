"""One HTML page that tells what a rehearsal deployed and what happened in it.

The page stands alone: styles, pictures and the little script are in it, and it asks nobody for
anything. What it shows was measured: the engine's state and events, and the world's records.

    graph         the deployed resources, by component, and who depends on whom
    architecture  those components laid out as a picture
    timeline      the bars of an update, and its longest chain
    curve         the training curve of a job
    jobs          training jobs by their results
    words         figures as a person reads them
    page          gathers all that and writes the page, by templates/
"""

from rehearsal.report.jobs import of
from rehearsal.report.page import write

__all__ = ["of", "write"]
