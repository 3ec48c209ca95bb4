from django.urls import path

from apps.campaigns.views import campaigns, home, participations, respond, results
from apps.core import roles

role = roles.PORTAL
app_name = "campaigns"
urlpatterns = [
    path("", home.home, name="home"),
    path("campaigns/", campaigns.campaign_list, name="list"),
    path("campaigns/new/", campaigns.create, name="create"),
    path("campaigns/<uuid:pk>/", campaigns.monitor, name="detail"),
    path("campaigns/<uuid:pk>/edit/", campaigns.edit, name="edit"),
    path("campaigns/<uuid:pk>/open/", campaigns.open_now, name="open"),
    path("campaigns/<uuid:pk>/close/", campaigns.close_now, name="close"),
    path("campaigns/<uuid:pk>/remind/", campaigns.remind_now, name="remind"),
    path("campaigns/<uuid:pk>/extend/", campaigns.extend, name="extend"),
    path("campaigns/<uuid:pk>/delete/", campaigns.delete, name="delete"),
    path("campaigns/<uuid:pk>/stakeholders/", participations.add, name="add-stakeholders"),
    path("campaigns/<uuid:pk>/participations/<uuid:participation>/", participations.person, name="person"),
    path("campaigns/<uuid:pk>/participations/<uuid:participation>/link/", participations.link, name="link"),
    path("campaigns/<uuid:pk>/participations/<uuid:participation>/renew/", participations.renew, name="renew"),
    path("campaigns/<uuid:pk>/participations/<uuid:participation>/revoke/", participations.revoke, name="revoke"),
    path("campaigns/<uuid:pk>/participations/<uuid:participation>/edit/", participations.edit, name="edit-person"),
    path("campaigns/<uuid:pk>/participations/<uuid:participation>/erase/", participations.erase, name="erase-person"),
    path(
        "campaigns/<uuid:pk>/participations/<uuid:participation>/remind/", participations.remind, name="remind-person"
    ),
    path(
        "campaigns/<uuid:pk>/participations/<uuid:participation>/remove/", participations.remove, name="remove-person"
    ),
    path("campaigns/<uuid:pk>/results/", results.results, name="results"),
    path("campaigns/<uuid:pk>/results.csv", results.as_csv, name="results-csv"),
    path("campaigns/<uuid:pk>/results.json", results.as_json, name="results-json"),
    path("a/<str:token>/", respond.landing, name="respond"),
    path("a/<str:token>/opened/", respond.opened, name="respond-opened"),
    path("a/<str:token>/sections/<str:code>/", respond.section, name="respond-section"),
    path("a/<str:token>/answers/<str:question>/", respond.answer, name="respond-answer"),
    path("a/<str:token>/check/", respond.check, name="respond-check"),
    path("a/<str:token>/done/", respond.done, name="respond-done"),
]
