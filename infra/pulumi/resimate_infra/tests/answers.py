"""What clouds answer in tests: an id, the inputs again, and what only they could know."""

from typing import Any, Final

import pulumi

from resimate_infra.tests.recording import Resource

#: By type: outputs on which something else of the program stands.
KNOWN: Final[dict[str, dict[str, Any]]] = {
    "aws:eks/cluster:Cluster": {"endpoint": "https://cluster.test", "vpcConfig": {"clusterSecurityGroupId": "sg-1"}},
    "aws:ec2/launchTemplate:LaunchTemplate": {"latestVersion": 1},
    "aws:rds/instance:Instance": {"address": "database.test"},
    "aws:elasticache/replicationGroup:ReplicationGroup": {"primaryEndpointAddress": "cache.test"},
    "aws:iam/accessKey:AccessKey": {"secret": "se/cr+et"},
    "aws:ecr/repository:Repository": {"repositoryUrl": "registry.test/resimate"},
    "aws:ec2/eip:Eip": {"publicIp": "203.0.113.1"},
    "aws:route53/zone:Zone": {"nameServers": ["ns.test"]},
    "random:index/randomPassword:RandomPassword": {"result": "pass-word_~."},
    "random:index/randomBytes:RandomBytes": {"base64": "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="},
}
FUNCTIONS: Final[dict[str, dict[str, Any]]] = {
    "aws:index/getAvailabilityZones:getAvailabilityZones": {"names": ["a", "b", "c", "d"]},
    "aws:index/getCallerIdentity:getCallerIdentity": {"accountId": "123456789012"},
    "aws:index/getRegion:getRegion": {"region": "eu-central-1"},
}


class Clouds(pulumi.runtime.Mocks):
    """Remembers what it is asked for."""

    def __init__(self) -> None:
        self.asked: list[Resource] = []

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        self.asked.append(Resource(args.typ, args.name, args.inputs))
        service = args.typ.split(":")[1].split("/")[0]
        answer = {"name": args.name, "arn": f"arn:aws:{service}:::{args.name}", "bucket": args.name}
        return f"{args.name}-id", {**answer, **args.inputs, **KNOWN.get(args.typ, {})}

    def call(self, args: pulumi.runtime.MockCallArgs) -> dict[str, Any]:
        return FUNCTIONS[args.token]
