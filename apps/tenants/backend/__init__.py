"""The database backend: the tenant's schema *and* the tenant's role, switched on in one statement."""
