"""What can be done with second factors: set up, used, required, removed."""

from apps.factors.services.asking import ask_anybody, ask_owner, has_passkey_here, ways_of
from apps.factors.services.enrolling import (
    Enrolled,
    NoFactorYet,
    NothingSetUp,
    PasskeyRefused,
    ask_for_new_passkey,
    begin_app,
    begun_app,
    confirm_app,
    enrol_passkey,
    rename_factor,
    renew_codes,
)
from apps.factors.services.proving import WrongPasskey, prove, sign_in_by_passkey, take_second_step_by_passkey
from apps.factors.services.removing import (
    LastFactor,
    OwnFactor,
    forget_factors,
    remove_factor,
    remove_own,
    reset_factors,
)
from apps.factors.services.requiring import has_factor, has_to_have_one, is_missing_for, last_taken_at
from apps.factors.services.verifying import StepOver, WrongCode, take_second_step, verify

__all__ = [
    "Enrolled",
    "LastFactor",
    "NoFactorYet",
    "NothingSetUp",
    "OwnFactor",
    "PasskeyRefused",
    "StepOver",
    "WrongCode",
    "WrongPasskey",
    "ask_anybody",
    "ask_for_new_passkey",
    "ask_owner",
    "begin_app",
    "begun_app",
    "confirm_app",
    "enrol_passkey",
    "forget_factors",
    "has_factor",
    "has_passkey_here",
    "has_to_have_one",
    "is_missing_for",
    "last_taken_at",
    "prove",
    "remove_factor",
    "remove_own",
    "rename_factor",
    "renew_codes",
    "reset_factors",
    "sign_in_by_passkey",
    "take_second_step",
    "take_second_step_by_passkey",
    "verify",
    "ways_of",
]
