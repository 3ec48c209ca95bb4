"""What the trail has of emergency access."""

from apps.audit.kinds import Category, declare, search_by

declare("emergency", Category.AUTHORIZATION, "requested", "approved", "begun", "used", "ended", "reviewed")
declare("emergencyaccess", Category.AUTHORIZATION)  # as a model that is followed is called
search_by("emergency")
