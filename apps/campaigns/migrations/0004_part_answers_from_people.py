from django.db import migrations

#: Responses get ids and pseudonyms that say nothing of when they were made, and keep of their times the day alone.
#: Runs of before stay stored and are not shown: the next release, which an event asks for, counts everybody anew.
PART = """
    UPDATE resilience_assessment SET confidential = true, latest_run_id = NULL
        WHERE id IN (SELECT assessment_id FROM campaigns_campaign WHERE assessment_id IS NOT NULL);
    CREATE TEMPORARY TABLE parted AS
        SELECT r.id AS old, gen_random_uuid() AS fresh, left(replace(gen_random_uuid()::text, '-', ''), 12) AS head,
               a.state = 'locked' AS is_final
        FROM resilience_response r JOIN resilience_assessment a ON a.id = r.assessment_id WHERE a.confidential;
    UPDATE resilience_answer SET id = gen_random_uuid(), response_id = parted.fresh,
        answered_at = CASE WHEN parted.is_final THEN date_trunc('day', answered_at, 'UTC') ELSE answered_at END
        FROM parted WHERE response_id = parted.old;
    UPDATE campaigns_participation SET response_id = parted.fresh FROM parted WHERE response_id = parted.old;
    UPDATE resilience_response SET id = parted.fresh,
        rater = parted.head || substr(replace(gen_random_uuid()::text, '-', ''), 1, 4),
        created_at = date_trunc('day', created_at, 'UTC'),
        started_at = date_trunc('day', started_at, 'UTC'),
        submitted_at = date_trunc('day', submitted_at, 'UTC')
        FROM parted WHERE id = parted.old;
    DROP TABLE parted;
    SET CONSTRAINTS ALL IMMEDIATE;
    SET CONSTRAINTS ALL DEFERRED;
"""


#: An event for each campaign with answers; where no release is due nothing comes of it.
ASK_FOR_RELEASES = """
    WITH happened AS (
        INSERT INTO public.core_event (id, tenant, name, payload, occurred_at, traceparent)
        SELECT gen_random_uuid(), current_schema(), 'assessment.submitted', jsonb_build_object('assessment_id', a.id),
               now(), ''
        FROM resilience_assessment a
        WHERE a.confidential AND EXISTS (
            SELECT FROM resilience_response r WHERE r.assessment_id = a.id AND r.submitted_at IS NOT NULL
        )
        RETURNING id, tenant
    )
    INSERT INTO public.core_eventdelivery (id, tenant, event_id, subscriber, state, due_at, attempts, last_error)
    SELECT gen_random_uuid(), tenant, id, 'models.score_when_submitted', 'pending', now(), 0, '' FROM happened
"""


class Migration(migrations.Migration):
    """What campaigns have collected so far becomes confidential, too."""

    dependencies = [
        ("campaigns", "0003_protect_personal_links"),
        ("resilience", "0007_keep_answers_in_confidence"),
    ]
    run_before = [("resilience", "0008_give_responses_sheets")]  # it changes the ids of responses, and plain answers

    operations = [
        migrations.RunSQL(PART, migrations.RunSQL.noop),
        migrations.RunSQL(ASK_FOR_RELEASES, migrations.RunSQL.noop),
    ]
