"""Anonymised copies of tenants, for testing and staging (docs/adr/0062): ``manage.py copies``.

``taking`` writes a file from where people's data are, ``filling`` reads it where there are none.
"""
