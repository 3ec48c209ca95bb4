"""Moments as programs send them: with a time and an offset from UTC. What is missing is not filled in."""

import re
from datetime import datetime
from typing import Any

from rest_framework import serializers

WHOLE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d)", re.ASCII)
WANTED = "Send a date with a time and its offset from UTC, for example 2027-03-28T17:00:00Z."


class MomentField(serializers.DateTimeField):
    default_error_messages = {"whole": WANTED}

    def to_internal_value(self, value: Any) -> datetime:
        if not isinstance(value, datetime) and not (isinstance(value, str) and WHOLE.fullmatch(value)):
            self.fail("whole")
        try:
            return super().to_internal_value(value)
        except OverflowError:
            self.fail("whole")
