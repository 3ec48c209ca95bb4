from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from apps.factors.passkeys import LONGEST


def from_script(request: HttpRequest, name: str) -> str:
    """What a script has sent by this name, if it can be anything at all."""
    sent = str(request.POST.get(name, ""))
    return sent if len(sent) <= LONGEST else ""


class CodeForm(forms.Form):
    """A code of an app; a backup code has letters, too, so a telephone shows another keyboard for it."""

    code = forms.CharField(
        label=_("Code"),
        max_length=40,
        help_text=_("Six digits, as your authenticator app shows them now."),
        widget=forms.TextInput(
            attrs={
                "autocomplete": "one-time-code",
                "inputmode": "numeric",
                "spellcheck": "false",
                "autofocus": True,
            }
        ),
    )


class BackupCodeForm(CodeForm):
    code = forms.CharField(
        label=_("Backup code"),
        max_length=40,
        help_text=_("One of those that you have written down. Each can be used once."),
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false", "autofocus": True}
        ),
    )


class TextCodeForm(CodeForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].help_text = _("Six digits. It is good for ten minutes.")


class PhoneForm(forms.Form):
    number = forms.CharField(
        label=_("Mobile number"),
        max_length=40,
        help_text=_("With its country, such as +49 151 23456789."),
        widget=forms.TextInput(attrs={"autocomplete": "tel", "type": "tel", "inputmode": "tel", "spellcheck": "false"}),
    )


class NameForm(forms.Form):
    name = forms.CharField(label=_("New name"), max_length=60)


class AppForm(forms.Form):
    name = forms.CharField(
        label=_("Name"),
        max_length=60,
        required=False,
        help_text=_("So that you can tell it from others; for example: my phone."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class PasskeyForm(forms.Form):
    """What a passkey answers comes with its button, by a script; without one the button is not there."""

    name = forms.CharField(
        label=_("Name"),
        max_length=60,
        required=False,
        help_text=_("So that you can tell it from others; for example: my laptop, blue key."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    passkey = forms.CharField(
        max_length=LONGEST,
        widget=forms.HiddenInput,
        error_messages={"required": _("No passkey came. Try again, in a browser that runs scripts.")},
    )


class DeviceForm(forms.Form):
    """Where a browser is reached comes with its button, by a script; without one the button is not there."""

    name = forms.CharField(
        label=_("Name"),
        max_length=60,
        help_text=_("So that you can tell it from others; for example: my phone. The sign-in page shows it."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    device = forms.CharField(
        max_length=LONGEST,
        widget=forms.HiddenInput,
        error_messages={"required": _("Nothing came of this browser. Try again, in one that runs scripts.")},
    )


class NumberForm(forms.Form):
    number = forms.CharField(
        label=_("Number"),
        max_length=10,
        help_text=_("The two digits that the page before you shows."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "numeric", "autofocus": True}),
    )
