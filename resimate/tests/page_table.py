"""What ``test_page_matrix`` holds pages and the administration to."""

#: A column for each of its ``PEOPLE``: ``+`` gets in, ``-`` is refused, ``0`` finds nothing there, ``!`` is asked to
#: sign in. Then the page, and the methods of which this holds.
TABLE = """
+++++++++  accounts:sign-in                GET POST
+++++++++  accounts:device-unproved        GET
+++++++++  accounts:prove-device           GET POST
000000000  accounts:sign-in-link           GET POST
000000000  accounts:sign-in-link-sent      GET
+++++++++  accounts:sign-in-by-link        GET POST
!!!!!!!!!  accounts:sign-out               POST
+++++++!!  accounts:account                GET POST
+++++++!!  accounts:session                GET POST
+++++++!!  accounts:security               GET
0000000!!  accounts:end-session            POST
+++++++!!  accounts:end-other-sessions     POST
+++++++!!  accounts:delegations            GET
---+--+!!  accounts:hand-on                GET POST
0000000!!  accounts:end-delegation         POST
+++++++!!  accounts:stop-view              POST
+++++++++  accounts:forgotten              GET POST
+++++++++  accounts:forgotten-sent         GET
+++++++++  accounts:choose-password        GET POST
+++++++++  accounts:invitation             GET POST
+++++++++  accounts:confirm-address        GET POST
+++++++!!  accounts:put-steps-away         POST
000000000  accounts:register               GET POST
000000000  accounts:register-sent          GET
!!!!!!!!!  factors:sign-in                 GET POST
!!!!!!!!!  factors:ask-half-signed-in      POST
!!!!!!!!!  factors:sign-in-passkey         POST
!!!!!!!!!  factors:sign-in-text            GET POST
!!!!!!!!!  factors:sign-in-device          GET POST
+++++++++  factors:approve                 GET POST
+++++++++  factors:worker                  GET
+++++++++  factors:replace-address         POST
+++++++++  factors:ask-anybody             POST
+++++++!!  factors:list                    GET
+++++++!!  factors:begin                   POST
+++++++!!  factors:app                     GET POST
+++++++!!  factors:passkey                 GET POST
+++++++!!  factors:ask-for-new             POST
+++++++!!  factors:ask-signed-in           POST
+++++++!!  factors:phone                   GET POST
+++++++!!  factors:phone-code              GET POST
+++++++!!  factors:phone-again             POST
+++++++!!  factors:device                  GET POST
+++++++!!  factors:device-first            GET POST
+++++++!!  factors:codes                   POST
0000000!!  factors:rename                  POST
0000000!!  factors:remove                  POST
+++++++!!  oauth:authorize                 GET POST
+++++++++  oauth:token                     POST
+++++++++  oauth:revoke                    POST
+++++++++  oauth:introspect                POST
+++++++++  oauth:metadata                  GET
+++++++++  oauth:jwks                      GET
+++++++!!  oauth:apps                      GET
0000000!!  oauth:revoke-app                POST
------+!!  emergency:list                  GET POST
------+!!  emergency:approve               POST
------+!!  emergency:begin                 POST
------+!!  emergency:end                   POST
------+!!  emergency:review                POST
000000000  notifications:mail              GET
000000000  notifications:mail-detail       GET
000000000  files:download                  GET
---++++!!  models:list                     GET
---+-++!!  models:import                   GET POST
---+-++!!  models:exchange                 GET POST
---0-++!!  models:undo-import              POST
---0+++!!  models:detail                   GET
---0+++!!  models:version                  GET
---0+++!!  models:document                 GET
---0+++!!  models:workbook                 GET
---0-++!!  models:coinr                    GET
---0-++!!  models:publish                  POST
---0--+!!  models:retire                   POST
---0-++!!  models:freeze                   GET POST
---0-++!!  models:why                      GET
---+-++!!  models:subjects                 GET
---+-++!!  models:create-subject           GET POST
---0-++!!  elicitation:create              GET POST
---0-++!!  elicitation:detail              GET
---0-++!!  elicitation:open                POST
---0-++!!  elicitation:remind              POST
---0-++!!  elicitation:close               POST
---0-++!!  elicitation:apply               POST
---0-++!!  elicitation:delete              POST
---0-++!!  elicitation:enter               GET POST
---0-++!!  elicitation:blank-file          GET
---0-++!!  elicitation:add-experts         GET POST
---0-++!!  elicitation:expert              GET
---0-++!!  elicitation:link                POST
---0-++!!  elicitation:renew               POST
---0-++!!  elicitation:revoke              POST
---0-++!!  elicitation:delete-expert       POST
---0-++!!  elicitation:erase-expert        GET POST
000000000  elicitation:answer              GET
000000000  elicitation:answer-opened       POST
000000000  elicitation:answer-node         GET POST
000000000  elicitation:answer-check        GET POST
000000000  elicitation:answer-done         GET
+++++++!!  campaigns:home                  GET
--++-++!!  campaigns:list                  GET
---+-++!!  campaigns:create                GET POST
--+0-++!!  campaigns:detail                GET
--+0-++!!  campaigns:open                  POST
--+0-++!!  campaigns:close                 POST
--+0-++!!  campaigns:remind                POST
--+0-++!!  campaigns:extend                POST
--+0-++!!  campaigns:delete                POST
--+0-++!!  campaigns:add-stakeholders      GET POST
--+0-++!!  campaigns:person                GET
--+0-++!!  campaigns:link                  POST
--+0-++!!  campaigns:renew                 POST
--+0-++!!  campaigns:revoke                POST
--+0-++!!  campaigns:edit                  GET POST
-----++!!  campaigns:edit-person           GET POST
--+0-++!!  campaigns:remind-person         POST
-----++!!  campaigns:erase-person          GET POST
--+0-++!!  campaigns:remove-person         POST
--+0-++!!  campaigns:results               GET
--+0-++!!  campaigns:results-csv           GET
--+0-++!!  campaigns:results-json          GET
+++++++++  campaigns:respond               GET
+++++++++  campaigns:respond-opened        POST
+++++++++  campaigns:respond-section       GET POST
+++++++++  campaigns:respond-answer        POST
+++++++++  campaigns:respond-check         GET POST
+++++++++  campaigns:respond-done          GET
"""

#: Of the administration, for its administrators: what the pages of each table do (a-dd, c-hange, d-elete, v-iew), and
#: the actions on its list. Nobody else enters.
ADMIN = """
a..v  accounts.apikey                   revoke rotate
a.dv  accounts.grant
a..v  accounts.invitation               resend revoke
acdv  accounts.role
ac.v  accounts.serviceaccount           activate deactivate
ac.v  accounts.user                     activate deactivate reset_password send_link
...v  audit.auditentry
.c.v  campaigns.campaign                close_selected open_selected
...v  campaigns.stakeholder
.c.v  configuration.setting
...v  elicitation.expert
...v  factors.factor                    remove
....  keys.datakey
...v  elicitation.weightelicitation     close_selected
..dv  files.storedfile
ac.v  oauth.application                 replace_secret retire
...v  notifications.message
...v  resilience.assessment             lock
...v  resilience.referenceset
acdv  resilience.resiliencemodel        publish_drafts
...v  resilience.scorerun
acdv  resilience.subject
"""
PLATFORM = """
a..v  accounts.apikey                   revoke rotate
a.dv  accounts.grant
a..v  accounts.invitation               resend revoke
acdv  accounts.role
ac.v  accounts.serviceaccount           activate deactivate
ac.v  accounts.user                     activate deactivate reset_password send_link
...v  audit.auditentry
.c.v  configuration.setting
...v  factors.factor                    remove
....  keys.datakey
...v  outbound.destination              release stop
...v  tenants.domain
a..v  tenants.tenant                    resume suspend
"""
