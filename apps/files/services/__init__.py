"""What can be done with files: keep, as a whole or in pieces, read, delete; and look after what lies in the storage."""

from apps.files.services.deleting import delete, delete_all_of
from apps.files.services.keeping import FileRefused, FileTooLarge, NoRoom, keep
from apps.files.services.reading import FileDamaged, NotThere, read, verify
from apps.files.services.sweeping import Swept, sweep
from apps.files.services.uploading import begin, receive, received

__all__ = [
    "FileDamaged",
    "FileRefused",
    "FileTooLarge",
    "NoRoom",
    "NotThere",
    "Swept",
    "begin",
    "delete",
    "delete_all_of",
    "keep",
    "read",
    "receive",
    "received",
    "sweep",
    "verify",
]
