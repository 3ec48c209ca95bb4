"""Passkeys and security keys: what a browser is asked, and whether what it answers holds (WebAuthn Level 3).

The library reads and verifies; it is loaded where it is needed, as that takes a tenth of a second, and most processes
never do. Ids, keys and handles are hexadecimal digits here: in them case means nothing.
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from webauthn.helpers.structs import PublicKeyCredentialDescriptor

#: Characters of an answer: those with the longest keys have some thousands.
LONGEST: Final = 20_000
#: For so long a browser lets people look for their key, in milliseconds.
PATIENCE: Final = 120_000


class NotGenuine(Exception):
    """What a browser answered does not hold, for whatever reason."""


@dataclass(frozen=True, slots=True)
class Party:
    """Whom a passkey is for: by ``host`` authenticators keep it apart (RP ID), ``origin`` is where its page is."""

    host: str
    origin: str
    name: str


@dataclass(frozen=True, slots=True)
class Credential:
    """What is known of one: its id, and how it is reached (``usb``, ``internal``, …)."""

    id: str
    transports: Sequence[str] = ()

    def described(self) -> "PublicKeyCredentialDescriptor":
        from webauthn.helpers.structs import AuthenticatorTransport, PublicKeyCredentialDescriptor

        ways = [AuthenticatorTransport(one) for one in self.transports]
        return PublicKeyCredentialDescriptor(id=bytes.fromhex(self.id), transports=ways)


@dataclass(frozen=True, slots=True)
class Made:
    credential: Credential
    public_key: str
    sign_count: int


@dataclass(frozen=True, slots=True)
class Shown:
    """Which credential answers, and for whom it says it is: empty where it does not say."""

    credential_id: str
    handle: str


@contextmanager
def _of_a_stranger() -> Iterator[None]:
    """What they send is refused, whatever the library stumbles over in it: it raises more than its own errors."""
    try:
        yield
    except Exception as wrong:  # CBOR and keys of strangers: a refusal, never a fault
        raise NotGenuine(str(wrong)) from wrong


def question_for_new(
    party: Party, challenge: bytes, *, handle: str, account: str, known: Sequence[Credential]
) -> dict[str, Any]:
    """What ``navigator.credentials.create`` takes. An authenticator that has one of the ``known`` makes no other."""
    from webauthn import generate_registration_options
    from webauthn.helpers import options_to_json_dict
    from webauthn.helpers.structs import (
        AuthenticatorSelectionCriteria,
        ResidentKeyRequirement,
        UserVerificationRequirement,
    )

    options = generate_registration_options(
        rp_id=party.host,
        rp_name=party.name,
        user_id=bytes.fromhex(handle),
        user_name=account,
        challenge=challenge,
        timeout=PATIENCE,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.PREFERRED, user_verification=UserVerificationRequirement.PREFERRED
        ),
        exclude_credentials=[one.described() for one in known],
    )
    return options_to_json_dict(options)


def question(party: Party, challenge: bytes, known: Sequence[Credential] = (), *, verified: bool) -> dict[str, Any]:
    """What ``navigator.credentials.get`` takes: one of the ``known``, or whichever the person has here.

    ``verified``: the authenticator has to know its owner, by a finger, a face or a PIN.
    """
    from webauthn import generate_authentication_options
    from webauthn.helpers import options_to_json_dict
    from webauthn.helpers.structs import UserVerificationRequirement

    options = generate_authentication_options(
        rp_id=party.host,
        challenge=challenge,
        timeout=PATIENCE,
        allow_credentials=[one.described() for one in known],
        user_verification=UserVerificationRequirement("required" if verified else "preferred"),
    )
    return options_to_json_dict(options)


def made(answer: str, party: Party, challenge: bytes) -> Made:
    """The new credential that an answer brings. Nobody vouches for its maker: no attestation is asked for."""
    from webauthn import verify_registration_response
    from webauthn.helpers.structs import AuthenticatorTransport

    with _of_a_stranger():
        new = verify_registration_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=party.host,
            expected_origin=party.origin,
        )
        ways = json.loads(answer)["response"].get("transports") or []
        known_ways = [one.value for one in AuthenticatorTransport if one.value in ways]
    credential = Credential(new.credential_id.hex(), known_ways)
    return Made(credential, new.credential_public_key.hex(), new.sign_count)


def shown(answer: str) -> Shown:
    """Which credential an answer names; nothing of it is verified yet."""
    from webauthn.helpers import parse_authentication_credential_json

    with _of_a_stranger():
        credential = parse_authentication_credential_json(answer)
    return Shown(credential.raw_id.hex(), (credential.response.user_handle or b"").hex())


def count_of(answer: str, party: Party, challenge: bytes, public_key: str, *, verified: bool) -> int:
    """Verify an answer; return how often its authenticator says it was used, which its owner has to compare."""
    from webauthn import verify_authentication_response

    with _of_a_stranger():
        proof = verify_authentication_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=party.host,
            expected_origin=party.origin,
            credential_public_key=bytes.fromhex(public_key),
            credential_current_sign_count=0,
            require_user_verification=verified,
        )
    return proof.new_sign_count
