"""What the platform sets about signing in, and a tenant may only tighten."""

import re
from typing import Final

from django.utils.translation import gettext_noop as _

from apps.accounts.attribute_schemas import problem_with
from apps.configuration.registry import Key, Level, Merge, declare, name_area
from resimate_text.addresses import domain, domain_in_ascii
from resimate_text.sentences import Sentence

_FOR_GOOD: Final = (Level.ENVIRONMENT, Level.GLOBAL, Level.TENANT)

#: For so long a link to sign in is good at the most, whatever a tenant sets.
LONGEST_LINK_HOURS: Final = 24
#: A host name with a dot in it, without a port.
_HOST: Final = r"^(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9](?!\n)$"


def domains_in(text: str) -> list[str]:
    """The domains that a text lists, in the form on which they are compared.

    >>> domains_in("example.org, Example.com; xn--bcher-kva.example")
    ['example.org', 'example.com', 'bücher.example']
    """
    return [domain(part) for part in re.split(r"[\s,;]+", text) if part]


def _no_domain(text: str) -> str | None:
    wrong = next((one for one in domains_in(text) if not re.match(_HOST, domain_in_ascii(one))), None)
    return Sentence("{text!r} is no domain. Write example.org, example.com.", text=wrong) if wrong else None


name_area(_("Signing in"), "sign_in", "session", "password", "risk")
name_area(_("People and their accounts"), "users", "invitation", "registration", "first_steps")
IDLE_MINUTES = declare(
    "session.idle_minutes",
    30,
    {"type": "integer", "minimum": 5, "maximum": 720},
    _("Minutes without use after which people have to sign in again."),
    label=_("Idle time of a session, in minutes"),
    levels=_FOR_GOOD,
    merge=Merge.LOWEST,
    needs_two=True,
    owner="accounts",
)
HOURS = declare(
    "session.hours",
    12,
    {"type": "integer", "minimum": 1, "maximum": 24},
    _("Hours after which people have to sign in again, however much they do."),
    label=_("Longest session, in hours"),
    levels=_FOR_GOOD,
    merge=Merge.LOWEST,
    needs_two=True,
    owner="accounts",
)
RETURN_HOSTS = declare(
    "sign_in.return_hosts",
    [],
    {"type": "array", "maxItems": 20, "uniqueItems": True, "items": {"type": "string", "pattern": _HOST}},
    _("Other hosts to which people may be led back after they sign in, such as app.example.org; by https alone."),
    label=_("Hosts to return to after sign-in"),
    wanted=_("Write hosts such as app.example.org, with neither https:// nor a path."),
    levels=_FOR_GOOD,
    needs_two=True,
    owner="accounts",
)
SIGN_IN_LINKS = declare(
    "sign_in.links",
    False,
    {"type": "boolean"},
    _("Whether people who may do no more than answer can sign in by a link to their mailbox, without a password."),
    label=_("Sign-in by a link, for stakeholders"),
    levels=(Level.TENANT,),
    owner="accounts",
)
SIGN_IN_LINK_HOURS = declare(
    "sign_in.link_hours",
    LONGEST_LINK_HOURS,
    {"type": "integer", "minimum": 1, "maximum": LONGEST_LINK_HOURS},
    _("Hours for which a link to sign in can be used, once."),
    label=_("Hours of a link to sign in"),
    levels=_FOR_GOOD,
    merge=Merge.LOWEST,
    needs_two=True,
    owner="accounts",
)
ATTRIBUTES = declare(
    "users.attributes",
    {},
    {"type": "object"},
    _("JSON Schema (2020-12) of what is kept of people besides name and address: nobody has any other attribute."),
    check=problem_with,
    label=_("Attributes of people"),
    levels=(Level.TENANT,),
    owner="accounts",
)
TELL_OF_DEVICES = declare(
    "session.tell_of_new_devices",
    True,
    {"type": "boolean"},
    _("Whether people get an e-mail when they sign in on a device that was not theirs before."),
    label=_("E-mail about sign-ins on new devices"),
    levels=_FOR_GOOD,
    owner="accounts",
)
PASSWORD_LENGTH = declare(
    "password.least_length",
    12,
    {"type": "integer", "minimum": 12, "maximum": 64},
    _("Characters that a new password has at least."),
    label=_("Least length of a password"),
    levels=_FOR_GOOD,
    merge=Merge.HIGHEST,
    needs_two=True,
    owner="accounts",
)
INVITATION_DAYS = declare(
    "invitation.days",
    7,
    {"type": "integer", "minimum": 1, "maximum": 30},
    _("Days for which the link of an invitation can be used."),
    label=_("Days of an invitation"),
    levels=_FOR_GOOD,
    owner="accounts",
)
REGISTRATION = declare(
    "registration.open",
    "closed",
    {"enum": ["closed", "invited", "domains"]},
    _("Who may make an account on the page for it: nobody, who was invited, or who has an address of certain domains."),
    label=_("Registration"),
    levels=(Level.TENANT,),
    words={
        "closed": _("Nobody"),
        "invited": _("Who was invited"),
        "domains": _("Addresses of certain domains"),
    },
    needs_two=True,
    owner="accounts",
)
REGISTRATION_DOMAINS = declare(
    "registration.domains",
    "",
    {"type": "string", "maxLength": 1000},
    _("What addresses end with whose owners may make accounts by themselves: example.org, example.com."),
    check=_no_domain,
    label=_("Domains that may register"),
    levels=(Level.TENANT,),
    needs_two=True,
    owner="accounts",
)
REGISTRATION_ROLE = declare(
    "registration.role",
    "none",
    {"enum": ["none", "stakeholder"]},
    _("The role of who made an account by themselves. Others are given by an administrator."),
    label=_("Role of who registers"),
    levels=(Level.TENANT,),
    words={"none": _("None"), "stakeholder": _("Stakeholder")},
    needs_two=True,
    owner="accounts",
)
FIRST_STEPS = declare(
    "first_steps.shown",
    True,
    {"type": "boolean"},
    _("Whether the first page tells an administrator what to do first, until all of it is done."),
    label=_("First steps"),
    levels=(Level.USER,),
    owner="accounts",
)


def _risk(name: str, most: int, label: str, description: str) -> Key:
    """A limit of the score of a sign-in. Below 30 even a device that was proved by e-mail would be kept out."""
    return declare(
        f"risk.{name}",
        most,
        {"type": "integer", "minimum": 30, "maximum": most},
        description,
        label=label,
        levels=_FOR_GOOD,
        merge=Merge.LOWEST,
        needs_two=True,
        owner="accounts",
    )


RISK_OF_FACTOR = _risk(
    "ask_from",
    60,
    _("Risk from which more than a password is asked for"),
    _("Score of a sign-in from which it takes a second factor; who has none proves their mailbox once on the device."),
)
RISK_OF_STRONGER = _risk(
    "ask_stronger_from",
    80,
    _("Risk from which backup codes do not count"),
    _("Score of a sign-in from which backup codes do not stand in for a second factor."),
)
RISK_OF_REFUSAL = _risk(
    "refuse_from",
    100,
    _("Risk from which a sign-in is refused"),
    _("Score of a sign-in from which it goes on only after the mailbox was proved on the device."),
)
