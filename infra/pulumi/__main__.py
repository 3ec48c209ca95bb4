"""`pulumi up`: what the stack's configuration names is built, on the platform that it names."""

import pulumi
from resimate_infra import platforms
from resimate_infra.site import Site

for name, value in platforms.chosen(pulumi.Config("resimate").require("platform"))(Site.read()).build().items():
    pulumi.export(name, value)
