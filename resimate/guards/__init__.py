"""Does a test notice when a guard is gone? Every permission check, lock, tenant filter and disclosure rule is tried.

``finding`` knows a guard when it sees one and writes each module anew with a switch beside every guard, all of them on;
``switches`` are what that copy asks; ``trying`` runs the tests, with one switch off at a time; ``python -m
resimate.guards`` puts it together. The checkout is never touched: the copy is ``build/guards/tree``.
"""
