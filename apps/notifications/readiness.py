"""How the mail server is asked whether it takes letters."""

from typing import Final

from django.conf import settings
from django.core.mail import get_connection

from apps.core.parts import Answer, declare

#: Whoever asks how things are does not wait as long as a letter may.
SECONDS: Final = 3


def _mail() -> Answer:
    connection = get_connection(timeout=SECONDS)
    connection.open()
    connection.close()
    return Answer(f"{settings.EMAIL_HOST}:{settings.EMAIL_PORT}")


declare("mail", _mail, mend="check EMAIL_URL and that the server accepts connections")
