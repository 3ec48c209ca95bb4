"""What the tenant keeps, for its administrators: to see, fetch and remove."""

from typing import Any

from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.defaultfilters import filesizeformat
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.core.admin import ReadOnlyAdmin
from apps.files import links, services
from apps.files.models import StoredFile


@admin.register(StoredFile)
class StoredFileAdmin(ReadOnlyAdmin[StoredFile]):
    list_display = ("name", "kind", "media_type", "how_large", "state", "created_at")
    list_filter = ("kind", "state")
    ordering = ("-created_at", "-pk")
    fields = (*list_display, "content")
    readonly_fields = fields

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("files:delete", obj)

    def delete_model(self, request: HttpRequest, obj: StoredFile) -> None:
        services.delete(obj, now=timezone.now(), acting_user=request.user)

    def get_urls(self) -> list[URLPattern]:
        fetch = self.admin_site.admin_view(self.fetch)
        return [path("<uuid:object_id>/content/", fetch, name="files_storedfile_content"), *super().get_urls()]

    def fetch(self, request: HttpRequest, object_id: Any) -> HttpResponseBase:
        """To an address of its own, which is good for this person and a quarter of an hour."""
        row = self.get_object(request, str(object_id))
        if row is None or not self.has_view_permission(request, row):
            raise Http404
        return HttpResponseRedirect(links.address(row, now=timezone.now(), user=request.user))

    @admin.display(description=_("size"), ordering="size")
    def how_large(self, row: StoredFile) -> str:
        return filesizeformat(row.size)

    @admin.display(description=_("content"))
    def content(self, row: StoredFile) -> SafeString | str:
        if row.state != StoredFile.State.THERE:
            return ""
        return format_html(
            '<a href="{}">{}</a>', reverse("admin:files_storedfile_content", args=[row.pk]), gettext("Download")
        )
