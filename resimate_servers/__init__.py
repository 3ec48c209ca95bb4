"""The servers that come along: PostgreSQL, Valkey and a mailbox, run as children of one supervisor.

Plain Python without Django, because ``resimate.settings`` and the launcher import it first.
"""
