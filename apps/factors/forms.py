from django import forms
from django.utils.translation import gettext_lazy as _


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


class AppForm(forms.Form):
    name = forms.CharField(
        label=_("Name"),
        max_length=60,
        required=False,
        help_text=_("So that you can tell it from others; for example: my phone."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
