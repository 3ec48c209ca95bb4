"""How the mail server is asked whether it takes letters."""

from typing import Final

from django.conf import settings
from django.core.mail import get_connection

from apps.configuration.levels import Unfit
from apps.core.parts import Answer, declare
from apps.notifications.settings_keys import mail_password

#: Whoever asks how things are does not wait as long as a letter may.
SECONDS: Final = 3


def _mail() -> Answer:
    try:
        connection = get_connection(timeout=SECONDS, password=mail_password())
    except Unfit as unfit:
        return Answer(str(unfit.detail), is_well=False)
    connection.open()
    connection.close()
    return Answer(f"{settings.EMAIL_HOST}:{settings.EMAIL_PORT}")


declare("mail", _mail, mend="check EMAIL_URL and that the server accepts connections")
