"""Inviting many colleagues at once, for administrators: a list is looked at first, then sent."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _

from apps.accounts import services
from apps.accounts.admin_people import AsksAgain
from apps.accounts.models import Invitation
from apps.accounts.services import Person
from apps.accounts.sessions import AAL2
from apps.accounts.stepping_up import require_fresh
from apps.accounts.workspace import user_of
from apps.core.errors import Problem, Refused
from apps.core.forms import TABLE_FILES, file_field, pasted_field, table_text
from apps.core.pages import problems_told
from apps.core.translating import translated


class ImportForm(forms.Form):
    """A file is read into the field, to be looked at; what stands in the field is sent."""

    people = pasted_field(
        gettext_lazy("People"),
        gettext_lazy("With the headings email, name, language and roles; several roles are separated by semicolons."),
    )
    file = file_field(
        gettext_lazy("Or a file: CSV or XLSX"), TABLE_FILES, gettext_lazy("It is read into the field above.")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["people"].widget.attrs["class"] = "vLargeTextField"

    def clean_file(self) -> str:
        upload = self.cleaned_data.get("file")
        return table_text(upload).text if upload else ""

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        if not self.errors and not given.get("people", "").strip() and not given.get("file"):
            self.add_error("people", _("Enter at least one person."))
        return given


class Imported(AsksAgain[Invitation]):
    """Adds the page on which a list is imported."""

    change_list_template = "admin/accounts/invitation/change_list.html"

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.import_view)
        return [path("import/", view, name="accounts_invitation_import"), *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        return super().changelist_view(
            request, {**(extra_context or {}), "may_import": self.has_add_permission(request)}
        )

    def import_view(self, request: HttpRequest) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        view: Any = require_fresh(acr=AAL2)(self._import) if request.method == "POST" else self._import
        answer: HttpResponse = view(request)
        return answer

    def _import(self, request: HttpRequest) -> HttpResponse:
        form = ImportForm(request.POST, request.FILES) if request.method == "POST" else ImportForm()
        if not form.is_valid():
            return self._import_page(request, form)
        is_file, text = bool(form.cleaned_data["file"]), form.cleaned_data["file"] or form.cleaned_data["people"]
        looks = is_file or "invite" not in request.POST
        try:
            persons, notes = services.people_in(text, language=get_language() or "en")
            outcome = services.import_users(persons, acting_user=user_of(request), now=timezone.now(), dry_run=looks)
        except Refused as refusal:
            return self._import_page(request, _refused(text, refusal))
        if looks:
            said = [translated(one["detail"]) for one in notes]
            return self._import_page(request, _shown(persons), outcome=outcome, notes=said)
        self.message_user(request, _done(outcome["invited"]))
        return redirect("admin:accounts_invitation_changelist")

    def _import_page(self, request: HttpRequest, form: forms.Form, **more: Any) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": _("Invite people from a list"),
            "opts": self.opts,
            "form": form,
            "most": services.MOST_IMPORTED,
            **more,
        }
        status = 422 if form.errors else 200
        return TemplateResponse(request, "admin/accounts/invitation/import.html", context, status=status)


def _refused(text: str, refusal: Refused) -> ImportForm:
    """The list as it was read, of a file too: it is put right where it stands, line by line."""
    form = ImportForm({"people": text})
    form.add_error("people", _told(refusal))
    return form


def _shown(persons: Sequence[Person]) -> ImportForm:
    return ImportForm(initial={"people": services.lines_of(persons)})


def _done(count: int) -> str:
    return ngettext("%(count)s letter is on its way.", "%(count)s letters are on their way.", count) % {"count": count}


def _told(refusal: Refused) -> list[str]:
    return problems_told(refusal, _sentence)


def _sentence(problem: Problem) -> str:
    line = problem.pointer.split("/")[2:3]
    detail = translated(problem.detail)
    return _("Line %(line)s: %(problem)s") % {"line": line[0], "problem": detail} if line else detail
