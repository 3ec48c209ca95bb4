"""A version as a file to download, for the API and for pages."""

from django.http import HttpResponse

from apps.accounts.models import User
from apps.core.api.renderers import encode
from apps.models import services
from apps.models.models import ModelVersion

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def download(version: ModelVersion, wanted: str, *, acting_user: User) -> HttpResponse:
    """Return ``json``, ``xlsx`` or ``coinr`` as an attachment; raises ``NotExportable`` and ``NotPermitted``."""
    if wanted == "xlsx":
        content, media, ending = services.export_xlsx(version), XLSX, "xlsx"
    elif wanted == "coinr":
        content, media, ending = services.export_coinr(version, acting_user=acting_user), "application/zip", "zip"
    else:
        content, media, ending = encode(version.document), "application/json", "json"
    response = HttpResponse(content, content_type=media)
    response["Content-Disposition"] = f'attachment; filename="{version.document["code"]}-{version.number}.{ending}"'
    response["Cache-Control"] = "private, no-store"
    return response
