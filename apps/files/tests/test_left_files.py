"""Files of a tenant that has gone keep its name from the next one, which would read them as its own."""

from pathlib import Path
from typing import Any, ClassVar

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import InMemoryStorage, storages

from apps.files import storage
from apps.tenants import services

pytestmark = [pytest.mark.requirement("SEC-DATA-001"), pytest.mark.django_db(databases=["default", "owner"])]
GONE = "gone"


def test_a_name_with_files_is_not_given_again_and_one_with_empty_folders_is(folder: Path) -> None:
    (folder / GONE / "cold").mkdir(parents=True)
    services.check_free(GONE)
    (folder / GONE / "cold" / "x").touch()

    for give in (lambda: services.check_free(GONE), lambda: services.create_tenant(GONE, name="G", now=None)):  # type: ignore[arg-type]  # it never comes to the moment
        with pytest.raises(services.TenantNameUsed, match="left here: files"):
            give()


def test_what_is_called_alike_is_another_tenants(folder: Path) -> None:
    (folder / "gone-too" / "hot").mkdir(parents=True)
    (folder / "gone-too" / "hot" / "x").touch()

    assert not storage.is_left(GONE)


class Objects(InMemoryStorage):
    """As a bucket, where folders are there by what is in them."""

    listed: ClassVar[list[str]] = []

    def listdir(self, path: str) -> tuple[list[str], list[str]]:
        self.listed.append(path)
        return super().listdir(path)


def test_a_storage_is_asked_once_however_much_there_is(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Objects, "listed", [])
    settings.STORAGES = {**settings.STORAGES, "default": {"BACKEND": f"{__name__}.Objects"}}
    assert not storage.is_left(GONE)
    storages["default"].save(f"{GONE}/hot/x", ContentFile(b"x"))

    assert storage.is_left(GONE)
    assert Objects.listed == [GONE, GONE]
