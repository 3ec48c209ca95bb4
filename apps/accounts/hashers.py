"""How passwords are hashed: slow on purpose, so only a few at once in a process, and of one spelling each."""

import threading
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from django.contrib.auth.hashers import Argon2PasswordHasher, PBKDF2PasswordHasher

from apps.core.turns import CalculationsBusy

#: Each takes a core for 80 ms and 19 MiB: beyond that whoever signs in waits, so that nobody else has to.
AT_ONCE: Final = 2
PATIENCE: Final = 2.0
_turns = threading.BoundedSemaphore(AT_ONCE)


class HashingBusy(CalculationsBusy):
    """More passwords are tried at the same moment than can be hashed."""

    code = "sign_in_busy"
    title = "Too many people are signing in; try again shortly"


@contextmanager
def turn() -> Iterator[None]:
    """Wait for a turn at hashing. Raises ``HashingBusy`` after ``PATIENCE`` seconds."""
    if not _turns.acquire(timeout=PATIENCE):
        raise HashingBusy("Too many people are signing in at this moment. Try again shortly.")
    try:
        yield
    finally:
        _turns.release()


def normalised(password: str) -> str:
    """One spelling of what looks the same on different keyboards: NFKC (NIST SP 800-63B-4, 3.1.1.2)."""
    return unicodedata.normalize("NFKC", password)


class Argon2idHasher(Argon2PasswordHasher):
    """Argon2id with the OWASP parameters for interactive sign-in: about 80 ms and 19 MiB (Django's: 660 ms)."""

    time_cost = 2
    memory_cost = 19456
    parallelism = 1

    def encode(self, password: str, salt: str) -> str:
        with turn():
            return super().encode(password, salt)

    def verify(self, password: str, encoded: str) -> bool:
        with turn():
            return super().verify(password, encoded)


class Pbkdf2Hasher(PBKDF2PasswordHasher):
    """PBKDF2 with HMAC-SHA-256, where only algorithms that FIPS approves may be used; as often as OWASP recommends."""

    iterations = 600_000

    def encode(self, password: str, salt: str, iterations: int | None = None) -> Any:
        """Called by Django to verify as well."""
        with turn():
            return super().encode(password, salt, iterations)
