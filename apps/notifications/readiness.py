"""How the mail server is asked whether it takes letters."""

from django.conf import settings
from django.core.mail import get_connection

from apps.core.parts import Answer, declare


def _mail() -> Answer:
    connection = get_connection()
    connection.open()
    connection.close()
    return Answer(f"{settings.EMAIL_HOST}:{settings.EMAIL_PORT}")


declare("mail", _mail, mend="check EMAIL_URL and that the server accepts connections")
