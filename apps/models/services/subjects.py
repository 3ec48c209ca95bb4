"""Subjects: what is assessed."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import ProtectedError, Q

from apps import audit
from apps.accounts import authz
from apps.accounts.models import User
from apps.core.arrays import texts
from apps.core.errors import Invalid, Problem, Refused
from apps.core.locking import locked
from apps.models.models import Subject
from apps.models.services.spellings import form_of
from resimate_text.identity import folded, tidied
from resimate_text.sentences import Sentence


class SubjectInUse(Refused):
    code = "subject_in_use"
    title = "The subject has assessments or campaigns"


def create_subject(*, acting_user: User | None, now: datetime, **fields: Any) -> Subject:
    """Create one of its fields; it needs a code and a name."""
    return _create([fields], [""], acting_user, now)[0]


def create_subjects(
    rows: Sequence[Mapping[str, Any]], *, acting_user: User | None, now: datetime, at: str = ""
) -> list[Subject]:
    """Create all of them or none; pointers name the row."""
    return _create(rows, [f"{at}/{row}" for row in range(len(rows))], acting_user, now)


@transaction.atomic
def _create(
    rows: Sequence[Mapping[str, Any]], places: Sequence[str], acting_user: User | None, now: datetime
) -> list[Subject]:
    authz.require(acting_user, "subjects:create")
    rows = [{**row, "code": tidied(row["code"])} for row in rows]
    problems = list(_taken([row["code"] for row in rows], places))
    if problems:
        raise Invalid("Each subject needs a different code.", errors=problems)
    subjects = [Subject(**row, created_at=now) for row in rows]
    made = Subject.objects.bulk_create(subjects, ignore_conflicts=False)
    ids = [str(one.pk) for one in made]
    audit.record(
        "subject.created",
        now=now,
        actor=acting_user,
        target=made[0] if len(made) == 1 else None,
        details={"count": len(ids), "ids": ids},
    )
    return made


def subjects_by_code(codes: Iterable[str], *, acting_user: User | None) -> dict[str, Subject]:
    """Return the subjects that codes name and the user may read, by the codes as they are given.

    What no code is exactly is looked for by its normal form; where several subjects share that, none is meant.
    """
    wanted = set(codes)
    seen = authz.seen_by(acting_user, Subject.objects.all(), "subjects:read")
    by_code = {subject.code: subject for subject in seen.filter(code__in=texts(wanted))}
    forms = {code: folded(code) for code in wanted - by_code.keys()}
    if not forms:
        return by_code
    by_form: dict[str, list[Subject]] = {}
    for subject in seen.annotate(form=form_of("code")).filter(form__in=texts(set(forms.values()))):
        by_form.setdefault(folded(subject.code), []).append(subject)
    return by_code | {code: by_form[form][0] for code, form in forms.items() if len(by_form.get(form, ())) == 1}


def _taken(codes: list[str], places: Sequence[str], *, of: Subject | None = None) -> Iterable[Problem]:
    """What is wrong with codes that name another subject, however they are spelt; ``of`` has one of its own."""
    forms = [folded(code) for code in codes]
    others = Subject.objects.exclude(pk=of.pk) if of else Subject.objects.all()
    spelt = others.annotate(form=form_of("code")).filter(Q(code__in=texts(codes)) | Q(form__in=texts(set(forms))))
    taken = set(spelt.values_list("code", flat=True))
    taken_forms, times = {folded(code) for code in taken}, Counter(forms)
    for code, form, pointer in zip(codes, forms, places, strict=True):
        if not form:
            yield Problem(f"{pointer}/code", Sentence("has no visible characters"), "blank")
        elif code in taken:
            yield Problem(f"{pointer}/code", Sentence("{code!r} is already taken", code=code), "taken")
        elif form in taken_forms:
            yield Problem(
                f"{pointer}/code", Sentence("{code!r} is already taken in another spelling", code=code), "taken"
            )
        elif times[form] > 1:
            yield Problem(f"{pointer}/code", Sentence("{code!r} appears twice", code=code), "duplicate_code")


@transaction.atomic
def update_subject(subject: Subject, *, acting_user: User | None, now: datetime, **changes: Any) -> Subject:
    subject = locked(Subject.objects.all(), subject.pk)
    code = changes.get("code", subject.code)
    if code != subject.code:
        changes["code"] = code = tidied(code)
        problems = list(_taken([code], [""], of=subject))
        if problems:
            raise Invalid("Each subject needs a different code.", errors=problems)
    for name, value in changes.items():
        setattr(subject, name, value)
    subject.save(update_fields=list(changes))
    audit.record("subject.changed", now=now, actor=acting_user, target=subject, details={"fields": sorted(changes)})
    return subject


@transaction.atomic
def delete_subject(subject: Subject, *, acting_user: User | None, now: datetime) -> None:
    audit.record("subject.deleted", now=now, actor=acting_user, target=subject, details={"code": subject.code})
    try:
        subject.delete()
    except ProtectedError:
        raise SubjectInUse("This subject cannot be deleted: it has assessments or campaigns.") from None
