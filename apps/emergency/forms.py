from django import forms
from django.utils.translation import gettext_lazy as _


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=_("What for"),
        help_text=_("In a sentence or two. Whoever approves and reviews it reads this."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class ReviewForm(forms.Form):
    review = forms.CharField(
        label=_("What was done, and whether it was right"),
        help_text=_("In a sentence or two, after a look at the audit trail."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )
