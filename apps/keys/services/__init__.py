"""What can be done with keys of encryption, and with what is under them."""

from apps.keys.services.counting import count, measure, note_use
from apps.keys.services.destroying import KeyInUse, KeyUnknown, destroy, destroy_subject_keys, erase
from apps.keys.services.escrowing import DRILLED_FOR, Escrowed, add_recovery_key, escrow, lacking, retire_recovery_key
from apps.keys.services.fingerprinting import replace_digests
from apps.keys.services.making import NewKeyCannotBeWrapped, drop_unused, give_keys, make_first_keys, without_keys
from apps.keys.services.owning import Moved, NoOwnKey, OwnKeyRefused, drop_own_key, move, name_own_key
from apps.keys.services.persons import give_missing_keys
from apps.keys.services.recovering import Recovered, SharesOfOthers, drill, recover
from apps.keys.services.reencrypting import Reencrypted, has_rest, note_unused, reencrypt, reencrypt_rest
from apps.keys.services.reindexing import Reindexed, reindex
from apps.keys.services.reporting import Custody, custody_of
from apps.keys.services.rotating import ROTATED, NeverReplaced, RotatedMeanwhile, is_due, refuse_untimely, rotate
from apps.keys.services.storing import store_with_keys
from apps.keys.services.verifying import Verified, note_verified, verify

__all__ = [
    "DRILLED_FOR",
    "ROTATED",
    "Custody",
    "Escrowed",
    "KeyInUse",
    "KeyUnknown",
    "Moved",
    "NeverReplaced",
    "NewKeyCannotBeWrapped",
    "NoOwnKey",
    "OwnKeyRefused",
    "Recovered",
    "Reencrypted",
    "Reindexed",
    "RotatedMeanwhile",
    "SharesOfOthers",
    "Verified",
    "add_recovery_key",
    "count",
    "custody_of",
    "destroy",
    "destroy_subject_keys",
    "drill",
    "drop_own_key",
    "drop_unused",
    "erase",
    "escrow",
    "give_keys",
    "give_missing_keys",
    "has_rest",
    "is_due",
    "lacking",
    "make_first_keys",
    "measure",
    "move",
    "name_own_key",
    "note_unused",
    "note_use",
    "note_verified",
    "recover",
    "reencrypt",
    "reencrypt_rest",
    "refuse_untimely",
    "reindex",
    "replace_digests",
    "retire_recovery_key",
    "rotate",
    "store_with_keys",
    "verify",
    "without_keys",
]
