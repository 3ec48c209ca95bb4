"""A process of its own that adds, finds and moves people of acme, as several do while the key of digests is replaced.

``python -m resimate.tests.races.adding`` goes on until its input ends, then says in JSON how often it did what, and
what went wrong. It remembers keys for a second instead of five minutes: a replacement takes seconds, not hours.
"""

import json
import random
import sys
import threading
from collections import Counter
from typing import Any

REMEMBERED_FOR = 1.0
ADDRESSES = 40


def main() -> None:
    import django

    django.setup()
    from django_tenants.utils import schema_context

    from apps.keys import keyring

    keyring.UNWRAPPED_FOR = REMEMBERED_FOR  # type: ignore[misc]  # that is what is tried here
    over, outcome = threading.Event(), Counter[str]()
    threading.Thread(target=_wait_for_the_end, args=[over], daemon=True).start()
    failures: list[str] = []
    print("ready", flush=True)  # noqa: T201  for the process that reads it
    with schema_context("acme"):
        while not over.is_set():
            try:
                outcome[_once()] += 1
            except Exception as error:  # noqa: BLE001  it is what the test looks at
                failures.append(repr(error))
    print(json.dumps({"done": outcome, "failures": failures}))  # noqa: T201  for the process that reads it


def _wait_for_the_end(over: threading.Event) -> None:
    sys.stdin.read()
    over.set()


#: People who were there: nobody moves them, so they have to be found ever after.
_there: set[str] = set()


def _once() -> str:
    from django.utils import timezone

    from apps.accounts.models import User
    from apps.campaigns import services
    from apps.core.errors import Invalid

    assert User.objects.at("admin@acme.example").count() == 1, "who signs in is not found"
    stays = random.random() < 0.5
    contact = _somebody("stays" if stays else "moves")
    known = services.find_by_email(contact.email).first()
    address = contact.email.casefold()
    assert known is not None or address not in _there, "somebody is not found any more"
    assert known is None or known.email.casefold() == address, "somebody else is found"
    work = random.choice([_add, _add_all, _add_again] if stays else [_add, _add_again, _move])
    try:
        work(contact, known, timezone.now())
    except Invalid:
        work_done = f"{work.__name__} refused"
    else:
        work_done = work.__name__
    if stays and services.find_by_email(contact.email).exists():
        _there.add(address)
    return work_done


def _somebody(kind: str) -> Any:
    from apps.outreach.contacts import Contact

    email = f"{kind}{random.randrange(ADDRESSES)}@example.org"
    return Contact("Somebody", random.choice([email, email.upper()]))


def _add(contact: Any, known: Any, now: Any) -> None:
    from apps.campaigns import services

    services.create_stakeholder(contact, acting_user=None, now=now)


def _add_all(contact: Any, known: Any, now: Any) -> None:
    from apps.campaigns import services

    services.create_stakeholders([contact, _somebody("stays")], acting_user=None, now=now)


def _add_again(contact: Any, known: Any, now: Any) -> None:
    """As an import does it: who is there stays."""
    from apps.campaigns.services import stakeholders

    stakeholders._know_all([contact, _somebody("stays")], None, None, now)


def _move(contact: Any, known: Any, now: Any) -> None:
    """Somebody gets this address, or the one who has it gets it again."""
    from apps.campaigns import services

    one = known or services.find_by_email(_somebody("moves").email).first()
    if one is None:
        services.create_stakeholder(contact, acting_user=None, now=now)
    else:
        services.change_stakeholder(one, {"email": contact.email}, acting_user=None, now=now)


if __name__ == "__main__":
    main()
