"""What can be read, and of which side it is: of PEOPLE, of their ANSWERS (and what is made of them), or of NEITHER.

Nothing is of both. What is new is entered here, and, where it is of one side, read by ``story.read_campaign``.
"""

from typing import Final

#: Routes that answer GET: of the API without ``-list``, ``-detail`` and ``-export``; the administration's by model.
ROUTES: Final = {
    "PEOPLE": """
        participations stakeholders messages experts campaigns-progress
        campaigns:detail campaigns:person campaigns:link campaigns:renew campaigns:revoke campaigns:add-stakeholders
        campaigns:edit-person campaigns:remind-person campaigns:remove-person campaigns:erase-person
        admin:campaigns_stakeholder admin:notifications_message admin:elicitation_expert
        admin:campaigns_stakeholder_erase admin:elicitation_expert_erase admin:accounts_user_erase
        notifications:mail notifications:mail-detail
        elicitation:detail elicitation:expert elicitation:link elicitation:renew elicitation:revoke
        elicitation:add-experts elicitation:delete-expert elicitation:erase-expert
        audit-entry admin:audit_auditentry user admin:accounts_user admin:accounts_user_permissions
        invitation admin:accounts_invitation admin:accounts_invitation_erase admin:accounts_invitation_import
        user-me user-session admin:accounts_user_sessions
        service-account admin:accounts_serviceaccount
    """,
    "ANSWERS": """
        assessments assessments-answers responses campaigns-results
        scores scores-latest scores-explanation scores-latest-explanation scores-trace scores-latest-trace
        reference-sets reference-sets-units admin:resilience_assessment admin:resilience_scorerun
        admin:resilience_referenceset campaigns:home campaigns:results campaigns:results-csv campaigns:results-json
        models:why models:subjects
        judgements weight-elicitations-weights
    """,
    "ONE'S OWN": """
        campaigns:respond campaigns:respond-answer campaigns:respond-check campaigns:respond-done
        campaigns:respond-opened campaigns:respond-section
        elicitation:answer elicitation:answer-check elicitation:answer-done elicitation:answer-node
        elicitation:answer-opened
    """,
    "NEITHER": """
        campaigns weight-elicitations models versions version subjects imports jobs grant role api-key
        permission-explanation
        setting setting-explain setting-history setting-change admin:configuration_setting_decide
        admin:configuration_setting_versions
        key admin:keys_datakey admin:keys_datakey_verify
        model-schema trace-schema event-schemas event-schema error-codes schema swagger redoc
        campaigns:list campaigns:create campaigns:open campaigns:close campaigns:delete campaigns:extend
        campaigns:remind elicitation:create elicitation:open elicitation:close elicitation:delete elicitation:apply
        elicitation:enter elicitation:blank-file elicitation:remind
        models:coinr models:create-subject models:detail models:document models:exchange models:freeze models:import
        models:list models:publish models:retire models:undo-import models:version models:workbook
        accounts:forgotten accounts:forgotten-sent accounts:choose-password accounts:invitation campaigns:edit
        accounts:confirm-address accounts:register accounts:register-sent
        accounts:account accounts:sign-in accounts:sign-out files:download
        application oauth:authorize oauth:token oauth:revoke oauth:introspect oauth:metadata
        oauth:jwks oauth:apps oauth:revoke-app admin:oauth_application
        accounts:device-unproved accounts:prove-device
        accounts:sign-in-link accounts:sign-in-link-sent accounts:sign-in-by-link
        emergency:list emergency:approve emergency:begin emergency:end emergency:review
        factors factors:sign-in factors:list factors:begin factors:app factors:codes factors:remove
        factors:rename factors:passkey factors:ask-for-new factors:ask-signed-in factors:ask-half-signed-in
        factors:ask-anybody factors:sign-in-passkey factors:sign-in-text
        factors:phone factors:phone-code factors:phone-again
        factors:device factors:device-first factors:sign-in-device factors:approve factors:worker
        factors:replace-address
        admin:factors_factor
        accounts:session accounts:security accounts:end-session accounts:end-other-sessions accounts:stop-view
        accounts:put-steps-away
        accounts:delegations accounts:hand-on accounts:end-delegation
        admin:accounts_user_view_as
        upload stored-file stored-file-content stored-file-link admin:files_storedfile admin:files_storedfile_content
        admin:accounts_apikey admin:accounts_grant admin:accounts_role admin:campaigns_campaign
        admin:configuration_setting admin:elicitation_weightelicitation admin:outbound_destination
        admin:resilience_resiliencemodel admin:resilience_subject admin:tenants_domain admin:tenants_tenant
        admin:index admin:app_list
        admin:autocomplete admin:jsi18n admin:login admin:logout admin:password_change admin:password_change_done
        admin:view_on_site
    """,
}

#: Kinds of audit entries and events, by what their objects and details name. ``response.*`` and
#: ``assessment.submitted`` with a response are of assessments alone that no campaign collects.
SAID: Final = {
    "PEOPLE": """
        participation.answers_sent participation.link_shown participation.revoked participation.renewed
        participation.removed participation.reminded user.reset_link_asked user.device_link_asked
        user.sign_in_link_asked
        expert.link_shown expert.revoked expert.renewed expert.deleted expert.erased expert.judged
        campaign.stakeholders_added elicitation.experts_added elicitation.judgements_entered
        stakeholder.created stakeholder.changed stakeholder.deleted stakeholder.erased
        message.cancelled message.enqueued message.failed
        user.created user.imported user.changed user.activated user.deactivated user.erased user.signed_out_everywhere
        invitation.created invitation.resent invitation.revoked invitation.accepted invitation.erased
        user.address_asked user.address_changed user.address_unanswered user.registration_asked
        user.registration_unanswered user.signed_in_on_new_device
        service_account.created service_account.changed service_account.stopped
    """,
    "ANSWERS": """
        assessment.submitted response.created response.answered score.calculated reference_set.frozen
        assessment.created assessment.deleted assessment.locked assessment.values_set assessment.imported
        elicitation.applied
    """,
}
