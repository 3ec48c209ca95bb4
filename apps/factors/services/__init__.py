"""What can be done with second factors: set up, used, required, removed."""

from apps.factors.services.enrolling import (
    Enrolled,
    NoFactorYet,
    NothingSetUp,
    begin_app,
    begun_app,
    confirm_app,
    renew_codes,
)
from apps.factors.services.removing import (
    LastFactor,
    OwnFactor,
    forget_factors,
    remove_factor,
    remove_own,
    reset_factors,
)
from apps.factors.services.requiring import has_factor, has_to_have_one, is_missing_for
from apps.factors.services.verifying import StepOver, WrongCode, take_second_step, verify

__all__ = [
    "Enrolled",
    "LastFactor",
    "NoFactorYet",
    "NothingSetUp",
    "OwnFactor",
    "StepOver",
    "WrongCode",
    "begin_app",
    "begun_app",
    "confirm_app",
    "forget_factors",
    "has_factor",
    "has_to_have_one",
    "is_missing_for",
    "remove_factor",
    "remove_own",
    "renew_codes",
    "reset_factors",
    "take_second_step",
    "verify",
]
