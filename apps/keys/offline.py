"""The recovery key: made offline, and divided among people of whom no single one can use it.

It is a pair of RSA. Its public half encrypts a copy of each data key (:func:`seal`). Its private half is encrypted by a
secret that nobody has: each person keeps a share of it (Shamir's scheme, SLIP-0039, in words that can be written down).
A share without enough others says nothing about the secret.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from apps.core.errors import Refused
from resimate_text.sentences import Sentence

#: NIST SP 800-57 part 1: as strong as 128 bits.
RSA_BITS: Final = 3072
SECRET_BYTES: Final = 32
#: RFC 8017, 7.1.1: what RSA-OAEP with SHA-256 takes.
MOST_SECRET_BYTES: Final = RSA_BITS // 8 - 2 * 32 - 2
#: SLIP-0039 has four bits for the number of a share.
MOST_HOLDERS: Final = 16
SEALED: Final = "-----BEGIN ENCRYPTED PRIVATE KEY-----"
INCOMPLETE: Final = "A share is incomplete, or a word of it is wrong."
SHARE: Final = """\
# Share {number} of {holders} of the recovery key {fingerprint}.
# It takes {needed} shares of different people to use that key. Keep this one where no other share is.

{words}

{private}"""


class NoRecoveryKey(Refused):
    code = "not_a_recovery_key"
    title = "That is no public key of a recovery key"


class SharesDoNotOpen(Refused):
    code = "shares_do_not_open"
    title = "The shares do not open a recovery key"


class TooLong(Exception):
    """A secret that is no data key, but what was there before, has no place in a copy."""


class CopyDoesNotOpen(Exception):
    """A copy of a data key is damaged, from another place, or for another recovery key."""


@dataclass(frozen=True, slots=True)
class Made:
    """``public`` is for the service, in PEM; each of the ``shares`` is the text of a file for one person."""

    fingerprint: str
    public: str
    shares: list[str]


@dataclass(frozen=True, slots=True)
class Opened:
    """A recovery key that enough people have opened; ``numbers`` are those of their shares."""

    fingerprint: str
    numbers: list[int]
    private: rsa.RSAPrivateKey

    def open(self, sealed: bytes, place: str) -> bytes:
        """Decrypt a copy. Raises ``CopyDoesNotOpen``."""
        try:
            return self.private.decrypt(sealed, _bound_to(place))
        except ValueError as error:
            raise CopyDoesNotOpen from error


def make(holders: int, needed: int) -> Made:
    """A new pair, whose private half exists in the shares alone."""
    if not 2 <= needed <= holders <= MOST_HOLDERS:
        raise NoRecoveryKey(
            Sentence(
                "At least two people have to be needed, of as many as hold a share, and these are {most} at the most.",
                most=MOST_HOLDERS,
            )
        )
    from shamir_mnemonic import generate_mnemonics  # its words are read when it is imported

    private, secret = rsa.generate_private_key(65537, RSA_BITS), os.urandom(SECRET_BYTES)
    public = _pem(private.public_key())
    fingerprint = fingerprint_of(public)
    sealed = private.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(secret.hex().encode()),
    ).decode()
    said = {"holders": holders, "needed": needed, "fingerprint": fingerprint, "private": sealed}
    words = generate_mnemonics(1, [(needed, holders)], secret)[0]
    shares = [SHARE.format(number=number, words=one, **said) for number, one in enumerate(words, start=1)]
    return Made(fingerprint, public, shares)


def join(shares: Sequence[str]) -> Opened:
    """Open the recovery key of which these are shares. Raises ``SharesDoNotOpen``."""
    words, sealed = zip(*(_parted(share) for share in shares), strict=True) if shares else ((), ())
    if len(set(sealed)) > 1:
        raise SharesDoNotOpen("These shares are of different recovery keys.")
    secret, numbers = _secret_of(words)
    try:
        private = serialization.load_pem_private_key(sealed[0].encode(), secret.hex().encode())
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise SharesDoNotOpen("The private key in these files is damaged, or of other shares.") from None
    if not isinstance(private, rsa.RSAPrivateKey):
        raise SharesDoNotOpen("The private key in these files is none of RSA.")
    return Opened(fingerprint_of(_pem(private.public_key())), numbers, private)


def _parted(share: str) -> tuple[str, str]:
    """The words of a share, and the private key, still encrypted, that comes with it."""
    text, begins, key = share.partition(SEALED)
    if not key:
        raise SharesDoNotOpen(INCOMPLETE)
    words = " ".join(line for line in text.splitlines() if not line.startswith("#"))
    return " ".join(words.split()).lower(), f"{begins}{key}".strip()


def _secret_of(words: Sequence[str]) -> tuple[bytes, list[int]]:
    from shamir_mnemonic import MnemonicError, Share, combine_mnemonics  # its words are read when it is imported

    try:
        parts = [Share.from_mnemonic(one) for one in words]
    except MnemonicError:  # it quotes words
        raise SharesDoNotOpen(INCOMPLETE) from None
    needed = max((part.member_threshold for part in parts), default=2)
    if len({part.index for part in parts}) != needed or len(parts) != needed or needed < 2:
        raise SharesDoNotOpen(Sentence("It takes {needed} shares, each of another person.", needed=max(2, needed)))
    try:
        return combine_mnemonics(words), sorted(part.index + 1 for part in parts)
    except MnemonicError:
        raise SharesDoNotOpen("These shares do not belong together.") from None


def fingerprint_of(public: str) -> str:
    """SHA-256 of the public key (SubjectPublicKeyInfo), in 32 hexadecimal digits. Raises ``NoRecoveryKey``."""
    digest = hashes.Hash(hashes.SHA256())
    digest.update(
        _public_key(public).public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    return digest.finalize().hex()[:32]


def seal(public: str, secret: bytes, place: str) -> bytes:
    """A copy of a data key that the recovery key alone opens, in that place alone (RSA-OAEP, RFC 8017, SHA-256).

    Raises ``TooLong``.
    """
    if len(secret) > MOST_SECRET_BYTES:
        raise TooLong(f"it has {len(secret)} bytes, and a copy takes {MOST_SECRET_BYTES}")
    return _public_key(public).encrypt(secret, _bound_to(place))


def _public_key(pem: str) -> rsa.RSAPublicKey:
    try:
        key = serialization.load_pem_public_key(pem.encode())
    except (ValueError, UnsupportedAlgorithm):
        raise NoRecoveryKey("The file holds no public key in PEM.") from None
    if not isinstance(key, rsa.RSAPublicKey) or key.key_size < RSA_BITS:
        raise NoRecoveryKey(Sentence("A recovery key is of RSA, with {bits} bits or more.", bits=RSA_BITS))
    return key


def _pem(public: rsa.RSAPublicKey) -> str:
    encoding, form = serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    return public.public_bytes(encoding, form).decode()


def _bound_to(place: str) -> padding.OAEP:
    return padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), label=place.encode())
