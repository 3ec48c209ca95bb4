from apps.accounts.hashers import Argon2idHasher


class QuickHasher(Argon2idHasher):
    """The product's, at the least that it takes: what a password costs shows one test, and the others need not pay."""

    time_cost = 1
    memory_cost = 8
