"""What stands in a copy for what was there: the same for the same within one copy, and for nobody else to find out.

All of it is made of a keyed digest. Whoever has no salt can neither compute it nor compare two copies.
"""

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any, Final
from uuid import UUID

from resimate_text.identity import folded

#: Copies are moved into the past by whole weeks, so that weekdays and hours stay.
MOST_WEEKS: Final = 8
#: No mail gets anywhere there (RFC 2606).
HOST: Final = "copy.invalid"
#: Of a UUID version 7 the first bits are a time in milliseconds.
TIME_BITS: Final = 80


@dataclass(frozen=True)
class Disguise:
    """``salt`` is the secret of one copy; ``tenant`` keeps tenants apart.

    ``answers`` says by participation whose answers it has in the copy, and ``units`` what units are called there.
    """

    salt: bytes
    tenant: str
    answers: Mapping[UUID, UUID | None] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def new(cls, tenant: str) -> "Disguise":
        return cls(secrets.token_bytes(32), tenant)

    @cached_property
    def moved_by(self) -> timedelta:
        """For all tenants of a copy the same."""
        weeks = 1 + hmac.digest(self.salt, b"weeks", hashlib.sha256)[0] % MOST_WEEKS
        return timedelta(weeks=-weeks)

    def mark(self, kind: str, of: str, length: int = 10) -> str:
        return self._digest(kind, of).hex()[:length]

    def word(self, kind: str, of: str, among: str = "") -> str:
        """For a name or a text that is compared with others, whatever its spelling; nothing for nothing.

        ``among``: where it is compared; the same elsewhere gets another word.
        """
        return f"{kind.capitalize()} {self.mark(f'{kind}{among}', folded(of))}" if of.strip() else of

    def choice(self, of: str) -> str:
        """For an option by which answers are told apart to the letter."""
        return f"o{self.mark('choice', of)}"

    def email(self, of: str, among: str) -> str:
        return f"{self.mark(f'email{among}', folded(of), 16)}@{HOST}" if of else of

    def input(self, of: str) -> str:
        """For what is measured, which is called as somebody likes."""
        return f"i{self.mark('input', of)}"

    def unit(self, of: str) -> str:
        return self.units.get(of) or f"u{self.mark('unit', of)}"

    def texts(self, of: Mapping[str, Any]) -> dict[str, str]:
        """For a text in several languages."""
        return {language: self.word("text", str(text)) for language, text in of.items()}

    def moment(self, of: datetime) -> datetime:
        return of + self.moved_by

    def day(self, of: date) -> date:
        return of + self.moved_by

    def uuid(self, of: UUID) -> UUID:
        """For an id; one that says when it was made goes on saying so, as everything else in the copy does."""
        number = int.from_bytes(self._digest("id", of.hex)[:16], "big")
        if of.version != 7:
            return UUID(int=number, version=4)
        moved = (of.int >> TIME_BITS) + int(self.moved_by.total_seconds() * 1000)
        low = UUID(int=number, version=4).int & ((1 << TIME_BITS) - 1)
        return UUID(int=moved << TIME_BITS | low & ~(0xF << 76) | 7 << 76)

    def _digest(self, kind: str, of: str) -> bytes:
        return hmac.digest(self.salt, f"{self.tenant}|{kind}|{of}".encode(), hashlib.sha256)
