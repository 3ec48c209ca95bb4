from django.urls import path

from apps.core import roles
from apps.elicitation.views import answer, elicitations, experts, judgements

role = roles.PORTAL
app_name = "elicitation"
urlpatterns = [
    path("models/<uuid:model>/versions/<int:number>/elicitations/new/", elicitations.create, name="create"),
    path("elicitations/<uuid:pk>/", elicitations.monitor, name="detail"),
    path("elicitations/<uuid:pk>/open/", elicitations.open_now, name="open"),
    path("elicitations/<uuid:pk>/remind/", elicitations.remind_now, name="remind"),
    path("elicitations/<uuid:pk>/close/", elicitations.close_now, name="close"),
    path("elicitations/<uuid:pk>/apply/", elicitations.apply_now, name="apply"),
    path("elicitations/<uuid:pk>/delete/", elicitations.delete, name="delete"),
    path("elicitations/<uuid:pk>/judgements/", judgements.enter, name="enter"),
    path("elicitations/<uuid:pk>/judgements.csv", judgements.blank_file, name="blank-file"),
    path("elicitations/<uuid:pk>/experts/", experts.add, name="add-experts"),
    path("elicitations/<uuid:pk>/experts/<uuid:expert>/", experts.person, name="expert"),
    path("elicitations/<uuid:pk>/experts/<uuid:expert>/link/", experts.link, name="link"),
    path("elicitations/<uuid:pk>/experts/<uuid:expert>/renew/", experts.renew, name="renew"),
    path("elicitations/<uuid:pk>/experts/<uuid:expert>/revoke/", experts.revoke, name="revoke"),
    path("elicitations/<uuid:pk>/experts/<uuid:expert>/delete/", experts.delete, name="delete-expert"),
    path("elicitations/<uuid:pk>/experts/<uuid:expert>/erase/", experts.erase, name="erase-expert"),
    path("e/<str:token>/", answer.landing, name="answer"),
    path("e/<str:token>/opened/", answer.opened, name="answer-opened"),
    path("e/<str:token>/nodes/<str:code>/", answer.node, name="answer-node"),
    path("e/<str:token>/check/", answer.check, name="answer-check"),
    path("e/<str:token>/done/", answer.done, name="answer-done"),
]
