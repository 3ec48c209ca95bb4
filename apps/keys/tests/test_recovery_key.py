"""The recovery key: how it is made, divided, put together again, and what it opens."""

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from shamir_mnemonic import generate_mnemonics

from apps.keys import offline, services
from apps.keys.models import RecoveryKey
from apps.keys.tests.commands import refused, run

pytestmark = [pytest.mark.requirement("SEC-DATA-002"), pytest.mark.django_db(databases=["default", "owner"])]
PLACE = "acme|field|1"


def test_the_words_of_one_share_with_the_key_of_another_pair_do_not_open(
    escrowed: offline.Made, of_others: offline.Made
) -> None:
    """What each says of itself fits; that the secret is another one shows when the key is opened."""
    _, _, ours = escrowed.shares[0].partition(offline.SEALED)
    forged = [share.partition(offline.SEALED)[0] + offline.SEALED + ours for share in of_others.shares]

    with pytest.raises(offline.SharesDoNotOpen, match="damaged, or of other shares"):
        offline.join(forged)


def test_shares_of_two_divisions_of_one_secret_do_not_belong_together(escrowed: offline.Made) -> None:
    other = offline.make(holders=3, needed=2)
    ours, theirs = (share.partition(offline.SEALED) for share in (escrowed.shares[0], other.shares[1]))
    with pytest.raises(offline.SharesDoNotOpen, match="do not belong together"):
        offline.join(["".join(ours), theirs[0] + "".join(ours[1:])])


def test_a_share_alone_names_the_pair_and_holds_no_key_in_clear(pair: offline.Made) -> None:
    assert pair.fingerprint in pair.shares[0]
    assert "BEGIN ENCRYPTED PRIVATE KEY" in pair.shares[0]
    assert "BEGIN PRIVATE KEY" not in pair.shares[0] + pair.public
    assert len(set(pair.shares)) == 3


def test_a_share_that_says_it_is_enough_by_itself_is_not(pair: offline.Made) -> None:
    words = generate_mnemonics(1, [(1, 1)], b"s" * 32)[0][0]

    with pytest.raises(offline.SharesDoNotOpen, match="It takes 2 shares"):
        offline.join([words + pair.shares[0][pair.shares[0].index(offline.SEALED) :]])


@pytest.mark.parametrize(("holders", "needed"), [(1, 1), (3, 1), (2, 3), (17, 2), (0, 0)])
def test_one_person_is_never_enough(holders: int, needed: int) -> None:
    with pytest.raises(offline.NoRecoveryKey):
        offline.make(holders, needed)


def test_a_copy_takes_as_much_as_a_pair_can_and_says_what_is_too_long(pair: offline.Made) -> None:
    longest = b"s" * offline.MOST_SECRET_BYTES

    assert offline.join(pair.shares[:2]).open(offline.seal(pair.public, longest, PLACE), PLACE) == longest
    with pytest.raises(offline.TooLong):
        offline.seal(pair.public, longest + b"s", PLACE)


def test_a_copy_opens_in_its_own_place_alone(pair: offline.Made) -> None:
    opened = offline.join(pair.shares[1:])
    sealed = offline.seal(pair.public, b"k" * 32, PLACE)

    assert opened.open(sealed, PLACE) == b"k" * 32
    for place, copy in (
        ("beta|field|1", sealed),
        (PLACE, sealed[:-1] + bytes([sealed[-1] ^ 1])),
        (PLACE, b""),
    ):
        with pytest.raises(offline.CopyDoesNotOpen):
            opened.open(copy, place)


def test_the_recovery_key_is_made_without_a_database_in_files_for_nobody_else(
    tmp_path: Path, settings: Any, of_others: offline.Made
) -> None:
    settings.SERVERS_KNOWN = False
    folder = tmp_path / "made"

    told = run("recovery-key", "new", "--holders", "2", "--folder", str(folder))

    shares = [(folder / name).read_text() for name in told["shares"]]
    assert offline.join(shares).fingerprint == told["fingerprint"]
    assert offline.fingerprint_of((folder / told["public_key"]).read_text()) == told["fingerprint"]
    assert {one.stat().st_mode & 0o777 for one in folder.iterdir()} == {0o600}
    assert folder.stat().st_mode & 0o777 == 0o700
    code, _, said = refused("recovery-key", "new", "--folder", str(folder))
    assert (code, said) == (1, f"{folder}: File exists.")


@pytest.mark.parametrize(
    ("held", "said"),
    [
        pytest.param(None, "No such file or directory", id="missing"),
        pytest.param(b"\xff\xfe\x00", "it is no text", id="binary"),
        pytest.param(b"a" * 70_000, "far too large", id="large"),
        pytest.param(b"", "holds no public key", id="empty"),
        pytest.param(b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", "holds no public key", id="torn"),
    ],
)
def test_a_file_that_is_no_public_key_is_one_sentence(db: None, tmp_path: Path, held: bytes | None, said: str) -> None:
    path = tmp_path / "key"
    if held is not None:
        path.write_bytes(held)

    code, _, told = refused("escrow", "--public-key", str(path))

    assert code == 1
    assert said in told
    assert not RecoveryKey.objects.exists()


def test_a_weaker_key_or_one_of_another_kind_is_refused(db: None, now: datetime) -> None:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec, rsa

    for private in (rsa.generate_private_key(65537, 2048), ec.generate_private_key(ec.SECP256R1())):
        public = private.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        with pytest.raises(offline.NoRecoveryKey, match="3072 bits or more"):
            services.add_recovery_key(public.decode(), now=now)
