from datetime import datetime

from django.db import transaction

from apps import audit
from apps.accounts.models import User
from apps.core import jobs
from apps.core.models import Job


@transaction.atomic
def cancel_job(job: Job, *, acting_user: User | None, now: datetime) -> Job:
    """Cancel a job that has not ended, and keep who did."""
    job = jobs.cancel(job, now=now)
    audit.record("job.cancelled", now=now, actor=acting_user, target=job)
    return job
