"""What is stored of an encrypted text, and what comes back."""

from collections.abc import Callable

from django.db import connection

from apps.core.models import RememberedAnswer

Remember = Callable[[str], RememberedAnswer]


def stored(answer: RememberedAnswer) -> bytes:
    with connection.cursor() as cursor:
        cursor.execute("SELECT body FROM core_rememberedanswer WHERE id = %s", [answer.pk])
        return bytes(cursor.fetchone()[0])


def overwrite(answer: RememberedAnswer, ciphertext: bytes) -> None:
    RememberedAnswer.objects.filter(pk=answer.pk).update(body=ciphertext)


def read(answer: RememberedAnswer) -> str:
    return str(RememberedAnswer.objects.get(pk=answer.pk).body)
