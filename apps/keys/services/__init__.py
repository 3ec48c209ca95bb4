"""What can be done with keys of encryption, and with what is under them."""

from apps.keys.services.destroying import KeyInUse, KeyUnknown, destroy, destroy_subject_keys
from apps.keys.services.making import NewKeyCannotBeWrapped, make_first_keys, without_keys
from apps.keys.services.reencrypting import Reencrypted, has_rest, reencrypt, reencrypt_rest
from apps.keys.services.rotating import RotatedMeanwhile, is_due, rotate
from apps.keys.services.verifying import Verified, verify

__all__ = [
    "KeyInUse",
    "KeyUnknown",
    "NewKeyCannotBeWrapped",
    "Reencrypted",
    "RotatedMeanwhile",
    "Verified",
    "destroy",
    "destroy_subject_keys",
    "has_rest",
    "is_due",
    "make_first_keys",
    "reencrypt",
    "reencrypt_rest",
    "rotate",
    "verify",
    "without_keys",
]
