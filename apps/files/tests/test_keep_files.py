"""Files are kept whole and encrypted, read as they were, and leave nothing behind."""

import io
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import FileSystemStorage
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django_tenants.utils import tenant_context

from apps.audit.models import AuditEntry
from apps.configuration import services as configuration
from apps.files import services, storage
from apps.files.kinds import Kind, declare
from apps.files.models import StoredFile
from apps.files.sealing import FRAME, PIECE
from apps.files.services.keeping import shown_name
from apps.files.tests.story import NOTE, NOW, TEXT, content_of, kept, objects

pytestmark = [pytest.mark.requirement("CAMP-001", "EXT-001"), pytest.mark.usefixtures("acme", "folder")]


def test_a_file_is_read_as_it_was_kept() -> None:
    file = kept()

    assert content_of(StoredFile.objects.get()) == TEXT
    assert (file.state, file.size, file.media_type) == ("there", len(TEXT), "text/plain")


@pytest.mark.parametrize("start", [0, 1, PIECE, PIECE + 3, len(TEXT) - 1])
def test_a_file_is_read_from_a_byte_on(start: int) -> None:
    assert content_of(kept(), start) == TEXT[start:]


def test_an_empty_file_is_a_file() -> None:
    assert content_of(kept(b"")) == b""


@pytest.mark.requirement("SEC-DATA-001")
def test_neither_name_nor_content_lies_there_in_plain(folder: Path) -> None:
    kept(name="Bo Sanders.txt")

    (stored,) = objects(folder)
    assert b"Bo Sanders" not in stored.read_bytes()
    assert "Bo" not in str(stored.relative_to(folder))
    with connection.cursor() as cursor:
        cursor.execute("SELECT files_storedfile::text FROM files_storedfile")
        assert "Bo" not in cursor.fetchone()[0]


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "..\\..\\passwd", "\0\u202epasswd"])
def test_a_name_is_only_a_name(name: str, folder: Path) -> None:
    file = kept(name=name)

    assert StoredFile.objects.get().name == "passwd"
    assert objects(folder) == [folder / file.place]
    assert file.place.startswith("acme/hot/")


def test_a_long_name_keeps_its_ending() -> None:
    assert shown_name("n" * 500 + ".xlsx") == "n" * 195 + ".xlsx"
    assert shown_name("\u202e\u06cc\u200c\u062e \U0001f469\u200d.pdf") == "\u06cc\u200c\u062e \U0001f469\u200d.pdf"
    assert shown_name("\u200d") == "file"


def test_a_file_says_whose_it_is_and_until_when(acme: Any) -> None:
    brief = Kind("brief", "", NOTE.types, most_mb=1, keep_for=timedelta(days=3))
    kept(b"a", kind=brief, owner=acme)

    file = StoredFile.objects.get()
    assert (file.owner_type, file.owner_id) == ("tenants.tenant", str(acme.pk))
    assert file.expires_at == NOW + timedelta(days=3)


def test_keeping_and_deleting_are_in_the_trail() -> None:
    file = kept()
    services.delete(file, now=NOW)

    assert list(
        AuditEntry.objects.filter(action__startswith="stored_file.").order_by("pk").values_list("action", flat=True)
    ) == [
        "stored_file.kept",
        "stored_file.deleted",
    ]


def test_what_is_deleted_leaves_nothing(folder: Path, django_capture_on_commit_callbacks: Any) -> None:
    file = kept()

    with django_capture_on_commit_callbacks() as later:
        services.delete(file, now=NOW)
    assert objects(folder)
    later[0]()

    assert not objects(folder)
    assert not StoredFile.objects.exists()


def test_a_file_is_deleted_once() -> None:
    file = kept()

    services.delete(file, now=NOW)
    services.delete(file, now=NOW)

    assert AuditEntry.objects.filter(action="stored_file.deleted").count() == 1


def test_the_files_of_something_go_with_it(acme: Any, beta: Any) -> None:
    kept(b"a", owner=acme)
    other = kept(b"b", owner=beta)

    services.delete_all_of(acme, now=NOW)

    assert list(StoredFile.objects.all()) == [other]


def _damaged(stored: bytes) -> list[bytes]:
    flipped = bytearray(stored)
    flipped[FRAME + 9] ^= 1
    swapped = stored[FRAME : 2 * FRAME] + stored[:FRAME] + stored[2 * FRAME :]
    return [b"", stored[:-1], stored[:FRAME], stored[: 2 * FRAME], stored[:100], bytes(flipped), swapped, stored + b"x"]


def test_what_is_damaged_is_refused_by_a_sentence(folder: Path) -> None:
    file = kept()
    (path,) = objects(folder)

    for damaged in _damaged(path.read_bytes()):
        path.write_bytes(damaged)
        given: list[bytes] = []
        with pytest.raises(services.FileDamaged):
            given.extend(services.read(file))
        assert TEXT.startswith(b"".join(given))
        assert b"".join(given) != TEXT


def test_a_whole_file_with_another_digest_is_refused() -> None:
    file = kept()
    file.sha256 = "0" * 64

    with pytest.raises(services.FileDamaged):
        content_of(file)


@pytest.mark.requirement("SEC-DATA-002")
def test_what_was_carried_to_another_file_or_tenant_is_refused(folder: Path, beta: Any) -> None:
    one, other = kept(), kept()
    (folder / other.place).write_bytes((folder / one.place).read_bytes())
    with pytest.raises(services.FileDamaged):
        content_of(other)

    lies = folder / one.place
    one.place = storage.new_place("beta", "hot")
    (folder / one.place).parent.mkdir(parents=True)
    lies.rename(folder / one.place)
    with tenant_context(beta), pytest.raises(services.FileDamaged):
        content_of(one)


@pytest.mark.requirement("SEC-DATA-001")
@pytest.mark.parametrize("way", ["", "acme/hot/../../"], ids=["another's", "out of the folder"])
def test_a_row_that_leads_to_the_storage_of_another_tenant_leads_nowhere(
    way: str, beta: Any, django_capture_on_commit_callbacks: Any
) -> None:
    """As one does that was copied with its schema, or written past the product: what lies there stays."""
    with tenant_context(beta):
        theirs = kept()
    file = kept()
    StoredFile.objects.update(place=f"{way}{theirs.place}")
    file.refresh_from_db()

    with pytest.raises(storage.FileGone):
        content_of(file)
    assert services.sweep(now=NOW).lost == [str(file.pk)]
    with django_capture_on_commit_callbacks(execute=True):
        services.delete(file, now=NOW)
    assert not StoredFile.objects.exists()
    with tenant_context(beta):
        assert content_of(theirs) == TEXT


def test_files_of_a_tenant_are_not_seen_from_another(beta: Any) -> None:
    kept()

    with tenant_context(beta):
        assert not StoredFile.objects.exists()


def test_a_file_whose_content_is_gone_says_so(folder: Path) -> None:
    file = kept()
    (folder / file.place).unlink()

    with pytest.raises(storage.FileGone):
        content_of(file)


@pytest.mark.parametrize("state", ["arriving", "refused"])
def test_nobody_reads_what_is_not_there_yet(state: str) -> None:
    file = kept()
    file.state = state

    with pytest.raises(services.NotThere):
        services.read(file)


def test_a_storage_that_fails_half_way_leaves_nothing(folder: Path, monkeypatch: Any) -> None:
    def fail_half_way(self: Any, name: str, content: Any) -> str:
        path = folder / name
        path.parent.mkdir(parents=True)
        path.write_bytes(content.read(1000))
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(FileSystemStorage, "_save", fail_half_way)
    with pytest.raises(storage.StorageAway):
        kept()

    assert not StoredFile.objects.exists()
    assert not objects(folder)


def test_what_lies_in_the_storage_is_never_written_over_nor_beside(folder: Path) -> None:
    file = kept()

    with pytest.raises(storage.StorageAway):
        storage.put(file.place, [b"another"])

    assert content_of(file) == TEXT
    assert len(objects(folder)) == 1


def test_a_content_that_changes_meanwhile_leaves_nothing(folder: Path) -> None:
    class Growing(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            return super().read(size) or (b"more" if self.tell() == 3 and self.seek(7) else b"")

    with pytest.raises(services.FileTooLarge):
        services.keep(NOTE, Growing(b"abc"), name="a.txt", now=NOW)

    assert not StoredFile.objects.exists()
    assert not objects(folder)


def test_a_file_that_is_too_large_is_refused() -> None:
    for size, said in ((4 * 1024 * 1024 + 1, 5), (6 * 1024 * 1024, 6)):
        with pytest.raises(services.FileTooLarge, match=f"at most 4 MB; it has {said}"):
            kept(b"a" * size)


def test_all_files_together_have_so_much_room(folder: Path) -> None:
    configuration.change("files.quota_mb", 4, now=NOW)
    kept()

    with pytest.raises(services.NoRoom, match="can have 4 MB; there are 1 MB left"):
        kept()

    assert len(objects(folder)) == 1
    assert StoredFile.objects.count() == 1


def test_those_that_come_at_once_wait_for_each_other() -> None:
    with CaptureQueriesContext(
        connection,
    ) as queries:
        kept(b"a")

    said = [one["sql"] for one in queries]
    locks = next(number for number, one in enumerate(said) if "pg_advisory_xact_lock" in one)
    assert locks < next(number for number, one in enumerate(said) if "SUM(" in one)


def test_what_was_refused_takes_no_room() -> None:
    file = kept()
    StoredFile.objects.filter(pk=file.pk).update(state="refused")

    assert not StoredFile.objects.counted().exists()


def test_two_apps_cannot_declare_one_kind() -> None:
    with pytest.raises(ValueError, match="attachment"):
        declare("attachment", "", types=(), most_mb=1)
