"""What applications tell: each event with what it carries."""

from apps.core.event_types import ID, declare

APPLICATION = {"application_id": ID}
AUTHORIZATION = {"authorization_id": ID, "application_id": ID, "user_id": ID}

declare("application.registered", "There is a new application that may ask people to let it in.", APPLICATION)
declare("application.changed", "An application has another name, other addresses or other permissions.", APPLICATION)
declare("application.secret_replaced", "An application has a new secret; the one before opens nothing.", APPLICATION)
declare("application.retired", "An application is let in by nobody any more.", APPLICATION)
declare("authorization.granted", "Somebody let an application act for them.", AUTHORIZATION)
declare("authorization.ended", "An application no longer acts for somebody.", AUTHORIZATION)
