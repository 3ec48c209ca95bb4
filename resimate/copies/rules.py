"""What of a tenant gets into a copy, and as what. Whatever is not said here stops a copy before it begins.

A model is in ``TAKEN`` or in ``LEFT``. Of a model that is taken, numbers, choices and links between rows arrive, and
moments and ids by rule; each field that can hold words is in ``WORDS``, by what becomes of it. One that is personal
(``pii=``) never stays as it is.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from django.apps import apps
from django.db import models

from apps.core.fields import BlindIndexField
from apps.keys.models import SubjectKey
from resimate.copies import documents
from resimate.copies.disguise import Disguise

Rule = Callable[[Disguise, Any, Any], Any]


class Undeclared(Exception):
    """A model or a field of which nobody has said what becomes of it in a copy."""


def as_it_is(disguise: Disguise, value: Any, row: Any) -> Any:
    """What holds no words of people: codes that documents and answers refer to, and languages."""
    return value


def nothing(disguise: Disguise, value: Any, row: Any) -> Any:
    """Left out: the row begins with the default."""
    return LEFT_OUT


def _word(kind: str) -> Rule:
    return lambda disguise, value, row: value and disguise.word(kind, value)


def _of_somebody(kind: str) -> Rule:
    """Whoever administers, is asked and judges is three in a copy: no role leads to anybody's part in a campaign."""
    return lambda disguise, value, row: value and disguise.word(kind, value, row._meta.label)


def _email(disguise: Disguise, value: Any, row: Any) -> Any:
    return value and disguise.email(value, row._meta.label)


def _unit(disguise: Disguise, value: Any, row: Any) -> Any:
    return disguise.unit(value)


def _of_another(disguise: Disguise, value: Any, row: Any) -> Any:
    return _link(disguise, disguise.answers.get(row.pk, value), row)


def _mark(disguise: Disguise, value: Any, row: Any) -> Any:
    return disguise.mark("rater", value, 16)


def _password(disguise: Disguise, value: Any, row: Any) -> Any:
    """Nobody signs in with it."""
    return "!"


LEFT_OUT: Final = object()
NAME, TEXT, GROUP = _of_somebody("person"), _word("text"), _word("group")
#: In an order in which what is referred to comes first.
TAKEN: Final = (
    *("accounts.User", "accounts.Role", "accounts.Inheritance", "accounts.Grant"),
    *("resilience.ResilienceModel", "resilience.ModelVersion", "resilience.Subject", "resilience.ReferenceSet"),
    *("resilience.Assessment", "resilience.Response", "resilience.AnswerSheet"),
    *("elicitation.WeightElicitation", "elicitation.Expert", "elicitation.Judgement"),
    *("campaigns.Stakeholder", "campaigns.Campaign", "campaigns.Participation"),
)
#: What stays behind. Scores are calculated anew from what arrives, with the vectors that engines are held to.
LEFT: Final = {
    *("resilience.ScoredUnit", "resilience.ScoreInput", "resilience.ScoreRun", "resilience.Score"),
    *("resilience.GoldenVector", "resilience.GoldenCheck", "resilience.Import"),
    *("core.Event", "core.EventDelivery", "core.Job", "core.Pulse", "core.RememberedAnswer", "core.Epoch"),
    *("core.TenantFact", "audit.AuditEntry", "outbound.Destination", "tenants.Tenant", "tenants.Domain"),
    *("keys.DataKey", "keys.OwnKey", "keys.SubjectKey", "keys.RecoveryKey", "contenttypes.ContentType"),
    *("configuration.Setting", "configuration.Change", "configuration.PlannedChange"),
    *("accounts.Invitation", "accounts.Invitation_roles", "accounts.AddressChange", "accounts.Registration"),
    *("accounts.PermissionUse", "accounts.ApiKey", "accounts.Session"),
    *("factors.Factor", "factors.BackupCode", "factors.Passkey", "factors.Phone", "factors.TextCode"),
    *("factors.PushKey", "factors.Device", "factors.Approval"),
    *("admin.LogEntry", "auth.Permission", "auth.Group", "auth.Group_permissions", "sessions.Session"),
    *("oauth.Application", "oauth.Authorization", "oauth.RefreshToken", "oauth.SigningKey"),
    *("files.StoredFile", "files.Piece", "notifications.Message"),
    *("emergency.EmergencyAccess", "emergency.Approval"),
}
WORDS: Final[Mapping[str, Mapping[str, Rule]]] = {
    "accounts.User": {
        "email": _email,
        "name": NAME,
        "language": as_it_is,
        "password": _password,
        "time_zone": nothing,
        "attributes": nothing,
        "declined": nothing,
    },
    "accounts.Role": {"code": as_it_is, "name": _word("role"), "permissions": as_it_is},
    "resilience.ResilienceModel": {"code": as_it_is, "name": documents.texts},
    "resilience.ModelVersion": {"document": documents.model, "digest": nothing},
    "resilience.Subject": {"code": _unit, "name": _word("subject"), "kind": _word("kind"), "group": GROUP},
    "resilience.ReferenceSet": {
        "name": _word("set"),
        "units": documents.units,
        "source": nothing,
        "digest": nothing,
    },
    "resilience.Assessment": {"period": _word("period"), "values": documents.numbers},
    "resilience.Response": {"rater": _mark, "group": GROUP},
    "resilience.AnswerSheet": {"entries": documents.entries},
    "elicitation.WeightElicitation": {"name": TEXT, "introduction": TEXT, "nodes": documents.asked},
    "elicitation.Expert": {"name": NAME, "email": _email, "language": as_it_is},
    "elicitation.Judgement": {"node": as_it_is, "value": documents.judgement, "sent": documents.judgement},
    "campaigns.Stakeholder": {"name": NAME, "email": _email, "language": as_it_is, "group": _of_somebody("group")},
    "campaigns.Campaign": {"name": TEXT, "introduction": TEXT, "period": _word("period")},
}
#: Links that do not arrive as they are: together they would lead from a role to what somebody has answered.
LINKS: Final[Mapping[str, Mapping[str, Rule]]] = {
    "campaigns.Stakeholder": {"user": nothing},
    "campaigns.Participation": {"response": _of_another},
}
NUMBERS: Final = (models.IntegerField, models.FloatField, models.BooleanField, models.DecimalField)


def rules_of(label: str) -> dict[str, tuple[Any, Rule]]:
    """For each column that is written: the field, and what becomes of its value."""
    return dict(_rules(apps.get_model(label)))


def _rules(model: Any) -> Iterator[tuple[str, tuple[Any, Rule]]]:
    label = model._meta.label
    said = {**WORDS.get(label, {}), **LINKS.get(label, {})}
    for field in model._meta.concrete_fields:
        if isinstance(field, BlindIndexField) or field.related_model is SubjectKey:
            continue  # both are made anew, under keys of where it arrives
        rule = said.get(field.name) or _by_kind(field)
        if rule is None or (rule is as_it_is and bool(getattr(field, "pii", ""))):
            raise Undeclared(f"{label}.{field.name}: say in resimate/copies/rules.py what becomes of it")
        if rule is not nothing:
            yield field.attname, (field, rule)


def _by_kind(field: Any) -> Rule | None:
    """Of what holds no words."""
    if getattr(field, "pii", ""):
        return None
    if field.is_relation:
        return _link if field.related_model._meta.label in TAKEN else nothing
    if isinstance(field, models.UUIDField):
        return _link
    if isinstance(field, models.DateTimeField):
        return lambda disguise, value, row: value and disguise.moment(value)
    if isinstance(field, models.DateField):
        return lambda disguise, value, row: value and disguise.day(value)
    return as_it_is if field.choices or isinstance(field, NUMBERS) else None


def _link(disguise: Disguise, value: Any, row: Any) -> Any:
    return value and disguise.uuid(value)


def check() -> None:
    """Raise ``Undeclared`` for whatever nobody has said anything about."""
    known = {*TAKEN, *LEFT}
    for model in apps.get_models(include_auto_created=True):
        if not model._meta.proxy and model._meta.label not in known:
            raise Undeclared(f"{model._meta.label}: say in resimate/copies/rules.py whether a copy has it")
    for label in TAKEN:
        rules_of(label)
