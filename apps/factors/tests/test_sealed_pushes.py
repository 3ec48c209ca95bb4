"""What push services carry is what RFC 8291 says, to the byte, and nobody between can read or change it."""

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec

from apps.factors.pushing.sealing import bytes_of, sealed, text_of
from apps.factors.tests.fake_push_service import opened

pytestmark = pytest.mark.requirement("SEC-AUTH-001")

# RFC 8291, appendix A.
PLAIN = b"When I grow up, I want to be a watermelon"
SENDER, BROWSER = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw", "q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94"
POINT = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
SALT, SECRET = "DGv6ra1nlYgDCS1FRnbzlw", "BTBZMqHH6r4Tts7J_aSIgg"
BODY = (
    "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl"
    "7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
)


def _private(text: str) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(int.from_bytes(bytes_of(text), "big"), ec.SECP256R1())


def test_it_is_the_example_of_the_standard() -> None:
    made = sealed(PLAIN, bytes_of(POINT), bytes_of(SECRET), private=_private(SENDER), salt=bytes_of(SALT))

    assert text_of(made) == BODY
    assert opened(bytes_of(BODY), _private(BROWSER), bytes_of(SECRET)) == PLAIN


def test_each_message_is_as_long_as_any_and_of_keys_of_its_own() -> None:
    one, other = (sealed(plain, bytes_of(POINT), bytes_of(SECRET), length=1024) for plain in (b"a", b"a" * 900))

    assert (len(one), len(other)) == (1126, 1126)
    assert one[:16] != other[:16]
    assert one[21:86] != other[21:86]
    assert opened(other, _private(BROWSER), bytes_of(SECRET)) == b"a" * 900


@pytest.mark.parametrize("place", [0, 30, 90])
def test_what_was_changed_on_its_way_is_not_read(place: int) -> None:
    changed = bytearray(bytes_of(BODY))
    changed[place] ^= 1

    with pytest.raises((InvalidTag, ValueError)):
        opened(bytes(changed), _private(BROWSER), bytes_of(SECRET))
