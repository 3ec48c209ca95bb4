"""The key-encryption key is lost: two people open the copies of the data keys, and everything reads as before."""

import base64
from datetime import datetime
from typing import Any

import pytest
from django_tenants.utils import schema_context

from apps.core import crypto
from apps.keys import offline, services
from apps.keys.models import DataKey, RecoveryKey
from apps.keys.tests.answers import Remember, read
from apps.keys.tests.commands import refused, run
from apps.keys.tests.escrowed import stored, trail

pytestmark = [pytest.mark.requirement("SEC-DATA-002"), pytest.mark.django_db(databases=["default", "owner"])]


def test_two_people_bring_back_everything_that_a_lost_key_has_locked(
    acme: Any, remember: Remember, escrowed: offline.Made, files: Any, lose: Any, now: datetime
) -> None:
    answer = remember("Ada")
    with schema_context("public"):
        services.rotate("acme", now=now)
        theirs = remember("Bo")
    later = remember("Cy")
    lose()
    with pytest.raises(crypto.KeyAway):
        read(answer)

    with schema_context("public"):
        told = run("recover", *files(escrowed.shares[0], escrowed.shares[2]))

        assert told == {"recovered": DataKey.objects.usable().count(), "kept": 0, "failed": []}
        assert services.verify("acme").problems == []
        assert read(theirs) == "Bo"
    assert (read(answer), read(later)) == ("Ada", "Cy")
    with schema_context("public"):
        assert {one["shares"] == [1, 3] for _, one in trail("data_key.recovered")} == {True}
        assert {tenant for tenant, _ in trail("data_key.recovered")} == {
            *DataKey.objects.values_list("tenant", flat=True)
        }
        opened = {"recovery_key": escrowed.fingerprint, "shares": [1, 3], "what_for": "recover"}
        assert trail("recovery_key.opened") == [("public", opened)]


def test_what_was_interrupted_goes_on_and_what_still_unwraps_is_left(
    acme: Any, escrowed: offline.Made, lose: Any, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    with schema_context("public"):
        lose()
        wrap = services.recovering._wrap_anew
        done: list[Any] = []

        def two_and_no_more(*arguments: Any) -> bool:
            if len(done) == 2:
                raise KeyboardInterrupt
            done.append(arguments)
            return wrap(*arguments)

        monkeypatch.setattr(services.recovering, "_wrap_anew", two_and_no_more)
        with pytest.raises(KeyboardInterrupt):
            services.recover(escrowed.shares[:2], now=now)
        monkeypatch.undo()
        lose()

        again = services.recover(escrowed.shares[:2], now=now)

        assert (again.recovered, again.kept) == (DataKey.objects.count() - 2, 2)
        assert services.recover(escrowed.shares[:2], now=now).recovered == 0


def test_who_recovers_at_the_same_moment_writes_no_key_twice(
    escrowed: offline.Made, lose: Any, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    lose()
    first = DataKey.objects.order_by("tenant", "purpose", "version")[0]
    check = services.recovering._refuse_another

    def and_somebody_else_is_first(row: DataKey, secret: bytes) -> None:
        if row.pk == first.pk:
            DataKey.objects.filter(pk=row.pk).update(wrapped=b"by somebody else")
        check(row, secret)

    monkeypatch.setattr(services.recovering, "_refuse_another", and_somebody_else_is_first)
    outcome = services.recover(escrowed.shares[:2], now=now)

    first.refresh_from_db()
    assert bytes(first.wrapped) == b"by somebody else"
    assert outcome.recovered == DataKey.objects.count() - 1


def changed(share: str) -> str:
    """A share of which one word is another one of the list."""
    words = next(line for line in share.splitlines() if len(line.split()) > 20 and not line.startswith("#"))
    last = words.split()[-1]
    return share.replace(words, words.removesuffix(last) + ("academic" if last != "academic" else "acid"))


@pytest.mark.parametrize(
    ("which", "said"),
    [
        pytest.param(lambda ours, _: [ours[0]], "It takes 2 shares, each of another person.", id="one alone"),
        pytest.param(lambda ours, _: [ours[0], ours[0]], "It takes 2 shares, each of another person.", id="one twice"),
        pytest.param(lambda ours, _: ours, "It takes 2 shares, each of another person.", id="all three"),
        pytest.param(
            lambda ours, _: [ours[0], changed(ours[1])], "A share is incomplete, or a word of it is wrong.", id="a word"
        ),
        pytest.param(
            lambda ours, _: [ours[0], "Dear diary"], "A share is incomplete, or a word of it is wrong.", id="no share"
        ),
        pytest.param(
            lambda ours, others: [ours[0], others[1]], "These shares are of different recovery keys.", id="mixed up"
        ),
        pytest.param(
            lambda ours, others: [ours[0], ours[0][:200] + others[1][200:]], None, id="mixed up within one file"
        ),
        pytest.param(
            lambda ours, _: [one[:-300] + one[-290:] for one in ours[:2]],
            "The private key in these files is damaged, or of other shares.",
            id="the same damage in both",
        ),
        pytest.param(lambda _, others: others, "These shares are of {theirs}; in use here: {ours}.", id="of others"),
    ],
)
def test_what_is_not_two_shares_of_ours_is_one_sentence_and_changes_nothing(
    escrowed: offline.Made, of_others: offline.Made, files: Any, lose: Any, which: Any, said: str | None
) -> None:
    lose()
    before = stored()

    code, answer, told = refused("recover", *files(*which(escrowed.shares, of_others.shares)))

    assert (code, answer["detail"]) == (1, told)
    assert said is None or told == said.format(ours=escrowed.fingerprint, theirs=of_others.fingerprint)
    assert told.count(".") == 1
    assert stored() == before
    assert trail("data_key.recovered") == []


def test_a_copy_that_somebody_has_put_there_is_found_out_by_what_is_under_the_key(
    acme: Any, remember: Remember, escrowed: offline.Made, files: Any, lose: Any
) -> None:
    remember("Ada")
    with schema_context("public"):
        row = DataKey.objects.of("acme").get()
        forged = {escrowed.fingerprint: RecoveryKey.objects.get().copy(b"f" * 32, row.place)}
        DataKey.objects.filter(pk=row.pk).update(escrow=forged)
        assert services.drill(escrowed.shares[:2], now=row.created_at).failed == [
            "acme field 1: its copy is another key"
        ]
        lose()

        code, answer, told = refused("recover", *files(*escrowed.shares[:2]))

        assert (code, told) == (1, "acme field 1: its copy is another key: nothing that is under it opens")
        assert answer["recovered"] == DataKey.objects.count() - 1
        assert DataKey.objects.get(pk=row.pk).wrapped == row.wrapped


def test_the_key_of_a_tenant_that_is_gone_comes_back_untried(
    pair: offline.Made, db: None, lose: Any, now: datetime
) -> None:
    with schema_context("public"):
        services.making.wrapped("gone", DataKey.Purpose.FIELD, 1, now=now).save()
        services.add_recovery_key(pair.public, now=now)
        services.escrow(now=now)
        lose()

        outcome = services.recover(pair.shares[:2], now=now)

    assert (outcome.failed, outcome.recovered) == ([], DataKey.objects.count())


def test_one_damaged_value_does_not_stand_in_the_way(
    acme: Any, remember: Remember, escrowed: offline.Made, lose: Any, now: datetime
) -> None:
    from apps.keys.tests.answers import overwrite
    from apps.keys.tests.answers import stored as ciphertext

    broken, whole = remember("Ada"), remember("Bo")
    overwrite(broken, ciphertext(broken)[:-1] + bytes([ciphertext(broken)[-1] ^ 1]))
    lose()

    with schema_context("public"):
        assert services.recover(escrowed.shares[:2], now=now).failed == []
    assert read(whole) == "Bo"


def test_a_key_without_a_copy_or_with_a_damaged_one_is_named_and_the_others_come_back(
    escrowed: offline.Made, lose: Any, now: datetime
) -> None:
    DataKey.objects.of("acme").update(escrow={})
    copy = base64.b64encode(b"?" * 384).decode()
    DataKey.objects.of("beta").update(escrow={escrowed.fingerprint: copy})
    lose()

    outcome = services.recover(escrowed.shares[:2], now=now)

    assert outcome.failed == [
        "acme field 1: there is no copy of it for this recovery key",
        "beta field 1: its copy does not open: it is damaged, or of another key",
    ]
    assert outcome.recovered == DataKey.objects.count() - 2
