"""What can be done with people outside and their personal links. One module a noun; callers see one list."""

from apps.outreach.services.links import note_opened, replace_link, revoke_link, rewrite, show_link, write_to

__all__ = ["note_opened", "replace_link", "revoke_link", "rewrite", "show_link", "write_to"]
