from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, cast

from django import forms
from django.core.exceptions import ValidationError
from django.utils.functional import lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.accounts import attributes, objects
from apps.accounts.lines import Permission
from apps.accounts.passwords import LONGEST, least_length
from apps.configuration import languages, zones
from apps.core.errors import Invalid, Refused
from apps.core.forms import moment_field
from apps.core.translating import translated
from apps.notifications.channels.base import CHANNELS
from apps.notifications.kinds import choices
from resimate_text.addresses import in_letters


def _in_words() -> str:
    sentence = gettext("At least %(count)d characters. A few unrelated words are easy to remember and hard to guess.")
    return sentence % {"count": least_length()}


_least: Any = lazy(_in_words, str)


class SignInForm(forms.Form):
    email = forms.EmailField(
        label=_("E-mail address"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "username", "autofocus": True, "spellcheck": "false"}),
    )
    password = forms.CharField(
        label=_("Password"),
        max_length=LONGEST,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


#: What is pressed of a device that may confirm who somebody is.
ASK, DONE = "ask", "done"


class ConfirmForm(forms.Form):
    """One of these. What a passkey answers comes with its button, as does a device: an app above shows both."""

    #: So none of its fields is called optional.
    takes_one_of_them = True
    present = forms.CharField(
        label=_("Password"),
        max_length=LONGEST,
        strip=False,
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password", "autofocus": True}),
    )
    code = forms.CharField(
        label=_("Or a code of your second factor"),
        max_length=40,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "spellcheck": "false"}),
    )
    passkey = forms.CharField(max_length=20_000, required=False, widget=forms.HiddenInput)
    #: A device is to be asked, or has approved it.
    device = forms.ChoiceField(choices=[(ASK, ASK), (DONE, DONE)], required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, by_factor: bool = False, **kwargs: Any) -> None:
        """Where it is to be ``by_factor``, a password is not enough and not asked for."""
        super().__init__(*args, **kwargs)
        self.by_factor = by_factor
        if by_factor:
            self.fields["code"].label = _("Code")

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if self.by_factor and not (given.get("code") or given.get("passkey") or given.get("device")):
            self.add_error("code", _("Enter a code of your second factor: this takes more than the password."))
        elif not any(given.get(name) for name in self.fields):
            self.add_error("present", _("Enter your password."))
        return given


def zone_field() -> forms.ChoiceField:
    """The time zone of one person."""
    return forms.ChoiceField(
        label=_("Time zone"),
        required=False,
        choices=lambda: [("", _("Same as the organisation")), *((one, one) for one in sorted(zones.known()))],
    )


class ProfileForm(forms.Form):
    name = forms.CharField(
        label=_("Name"), max_length=200, required=False, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    language = forms.ChoiceField(label=_("Language"), choices=languages.offered)
    time_zone = zone_field()


class NotificationsForm(forms.Form):
    """A box for each message that may be declined, by each channel."""

    def __init__(self, taken: Mapping[str, Mapping[str, bool]], sent: Any = None) -> None:
        super().__init__(sent, prefix="notifications")
        for (purpose, channel), words in choices().items():
            by = translated(str(CHANNELS[channel].label))
            label = gettext("%(what)s, by %(channel)s") % {"what": translated(words), "channel": by}
            initial = taken[purpose][channel]
            self.fields[f"{purpose}-{channel}"] = forms.BooleanField(label=label, required=False, initial=initial)

    def wanted(self) -> dict[str, dict[str, bool]]:
        found: dict[str, dict[str, bool]] = {}
        for purpose, channel in choices():
            found.setdefault(purpose, {})[channel] = self.cleaned_data[f"{purpose}-{channel}"]
        return found


class AttributesForm(forms.Form):
    """A field for each attribute that the tenant declares and a form can ask for; what is empty is not kept."""

    def __init__(self, kept: Mapping[str, Any], sent: Any = None) -> None:
        super().__init__(sent, initial={**kept}, prefix="attributes")
        self.kept = kept
        needed = attributes.schema().get("required", [])
        self.fields.update(
            {name: _attribute_field(name, one, name in needed) for name, one in attributes.simple().items()}
        )

    def values(self) -> dict[str, Any]:
        """All that is to be kept: what the form does not ask for, or lets nobody change, stays as it is."""
        asked = {name for name, field in self.fields.items() if not field.disabled}
        given = {name: self.cleaned_data[name] for name in asked if self.cleaned_data[name] not in (None, "")}
        return {**{name: one for name, one in self.kept.items() if name not in asked}, **given}

    def tell(self, refusal: Refused) -> None:
        """What is wrong, at the field of its attribute."""
        for problem in refusal.errors:
            name = problem.pointer.removeprefix("/attributes/").partition("/")[0]
            self.add_error(name if name in self.fields else None, translated(problem.detail))


def _attribute_field(name: str, declared: Mapping[str, Any], is_needed: bool) -> forms.Field:
    shown: dict[str, Any] = {
        "label": str(declared.get("title", name)),
        "help_text": str(declared.get("description", "")),
        "required": is_needed and not declared.get("readOnly"),
        "disabled": bool(declared.get("readOnly")),
    }
    if "enum" in declared:
        values = {str(one): one for one in declared["enum"]}
        choices = [("", _("None")), *((one, one) for one in values)]
        return forms.TypedChoiceField(choices=choices, coerce=values.__getitem__, empty_value=None, **shown)
    if declared["type"] == "boolean":
        options = [("", _("None")), ("True", _("Yes")), ("False", _("No"))]
        return forms.TypedChoiceField(choices=options, coerce=lambda text: text == "True", empty_value=None, **shown)
    kinds: dict[str, type[forms.Field]] = {"integer": forms.IntegerField, "number": forms.FloatField}
    return kinds.get(declared["type"], forms.CharField)(**shown)


class ForgottenForm(forms.Form):
    """An address that wants a letter: with a new password, an account, a link to sign in."""

    email = forms.EmailField(
        label=_("E-mail address"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "username", "autofocus": True, "spellcheck": "false"}),
    )


class AddressForm(forms.Form):
    email = forms.EmailField(
        label=_("New e-mail address"),
        help_text=_("We send a link to it. Until you open the link, your present address stays."),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email", "spellcheck": "false"}),
    )
    present = forms.CharField(
        label=_("Current password"),
        max_length=LONGEST,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    def clean_email(self) -> str:
        return in_letters(self.cleaned_data["email"])


class NewPasswordForm(forms.Form):
    password = forms.CharField(
        label=_("New password"),
        help_text=_least(),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    repeated = forms.CharField(
        label=_("New password again"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("password") != given.get("repeated"):
            self.add_error("repeated", _("The two passwords do not match."))
        return given


class JoinForm(NewPasswordForm):
    """What who was invited says of themselves; the address is in the invitation."""

    name = forms.CharField(label=_("Name"), max_length=200, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    field_order = ("name", "password", "repeated")


class PasswordForm(NewPasswordForm):
    present = forms.CharField(
        label=_("Current password"),
        max_length=LONGEST,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    revoke_keys = forms.BooleanField(
        label=_("Also revoke my API keys"),
        help_text=_("If you think that somebody else has used your account."),
        required=False,
    )
    field_order = ("present", "password", "repeated", "revoke_keys")


class DelegationForm(forms.Form):
    """A role to hand on, of those that are offered, each with its name."""

    user = forms.EmailField(
        label=_("To whom"),
        help_text=_("The e-mail address of their account."),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    role = forms.TypedChoiceField(label=_("Role"))
    valid_until = moment_field(
        _("Until"),
        _("At most 30 days ahead, which it is if you leave this empty. Time zone: %(zone)s."),
        required=False,
    )

    def __init__(self, offered: Sequence[tuple[Any, str]], sent: Any = None) -> None:
        super().__init__(sent)
        known = {str(place): one for place, (one, _name) in enumerate(offered)}
        role = cast("forms.TypedChoiceField", self.fields["role"])
        role.choices = [(str(place), name) for place, (_one, name) in enumerate(offered)]
        role.coerce = known.__getitem__


class ObjectField(forms.UUIDField):
    """One object, by the address of its page or by its id."""

    default_error_messages: ClassVar[dict[str, Any]] = {
        "invalid": _("Paste the address of the page of a resilience model or a campaign, or write its id.")
    }

    def to_python(self, value: Any) -> Any:
        return super().to_python(objects.id_in(value) or value if isinstance(value, str) else value)


class OfPermissions(forms.ModelForm[Any]):
    """A form with ``permissions``, which refuses at its field what is none."""

    def clean_permissions(self) -> list[str]:
        texts: list[str] = [text for text in self.cleaned_data["permissions"] or [] if text]
        try:
            for text in texts:
                Permission.parse(text)
        except Invalid as refusal:
            raise ValidationError(refusal.detail) from refusal
        return texts
