"""What can be done with files: keep, read, delete; and look after what lies in the storage."""

from apps.files.services.deleting import delete, delete_all_of
from apps.files.services.keeping import FileRefused, FileTooLarge, NoRoom, keep
from apps.files.services.reading import FileDamaged, NotThere, read, verify
from apps.files.services.sweeping import Swept, sweep

__all__ = [
    "FileDamaged",
    "FileRefused",
    "FileTooLarge",
    "NoRoom",
    "NotThere",
    "Swept",
    "delete",
    "delete_all_of",
    "keep",
    "read",
    "sweep",
    "verify",
]
