"""What clouds answer in tests: an id, the inputs again, and what only they could know."""

from typing import Any, Final

import pulumi

from resimate_infra.tests.recording import Resource

#: By type: outputs on which something else of the program stands.
KNOWN: Final[dict[str, dict[str, Any]]] = {
    "aws:eks/cluster:Cluster": {
        "endpoint": "https://cluster.test",
        "vpcConfig": {"clusterSecurityGroupId": "sg-1"},
        "kubernetesNetworkConfig": {"serviceIpv4Cidr": "172.20.0.0/16"},
        "certificateAuthority": {"data": "LS0t"},
    },
    "aws:ec2/launchTemplate:LaunchTemplate": {"latestVersion": 1},
    "aws:rds/instance:Instance": {"address": "database.test"},
    "aws:elasticache/replicationGroup:ReplicationGroup": {"primaryEndpointAddress": "cache.test"},
    "aws:iam/accessKey:AccessKey": {"secret": "se/cr+et"},
    "aws:ecr/repository:Repository": {"repositoryUrl": "registry.test/resimate"},
    "aws:ec2/eip:Eip": {"publicIp": "203.0.113.1"},
    "aws:route53/zone:Zone": {"nameServers": ["ns.test"]},
    "azure:authorization/userAssignedIdentity:UserAssignedIdentity": {"principalId": "who", "clientId": "who"},
    "azure:containerservice/kubernetesCluster:KubernetesCluster": {
        "privateFqdn": "cluster.test",
        "oidcIssuerUrl": "https://issuer.test",
        "kubeletIdentity": {"objectId": "kubelet"},
    },
    "azure:containerservice/registry:Registry": {"loginServer": "registry.test"},
    "azure:dns/zone:Zone": {"nameServers": ["ns.test"]},
    "azure:managedredis/managedRedis:ManagedRedis": {
        "hostname": "cache.test",
        "defaultDatabase": {"primaryAccessKey": "se/cr+et="},
    },
    "azure:network/publicIp:PublicIp": {"ipAddress": "203.0.113.1"},
    "azure:postgresql/flexibleServer:FlexibleServer": {"fqdn": "database.test"},
    "azure:storage/account:Account": {"primaryAccessKey": "se/cr+et==", "primaryBlobHost": "files.blob.test"},
    "gcp:artifactregistry/repository:Repository": {"project": "resimate"},
    "gcp:compute/address:Address": {"address": "203.0.113.1"},
    "gcp:container/cluster:Cluster": {"privateClusterConfig": {"privateEndpoint": "10.40.96.2"}},
    "gcp:dns/managedZone:ManagedZone": {"nameServers": ["ns.test"]},
    "gcp:redis/instance:Instance": {
        "host": "10.40.48.3",
        "port": 6378,
        "authString": "se-cr-et",
        "serverCaCerts": [{"cert": "-----BEGIN CERTIFICATE-----"}],
    },
    "gcp:servicenetworking/connection:Connection": {"peering": "lent"},
    "gcp:serviceaccount/account:Account": {"email": "account@test"},
    "gcp:serviceaccount/key:Key": {"privateKey": "e30="},
    "gcp:sql/databaseInstance:DatabaseInstance": {
        "privateIpAddress": "10.40.32.3",
        "serverCaCerts": [{"cert": "-----BEGIN CERTIFICATE-----"}],
        "dnsNames": [
            {"connectionType": "PUBLIC", "name": "public.test"},
            {"connectionType": "PRIVATE_SERVICES_ACCESS", "name": "database.test"},
        ],
    },
    "openstack:containerinfra/cluster:Cluster": {
        "apiAddress": "https://cluster.test:6443",
        "kubeconfig": {"raw_config": "{}"},
    },
    "openstack:networking/floatingIp:FloatingIp": {"address": "203.0.113.1"},
    "openstack:networking/routerInterface:RouterInterface": {"portId": "port"},
    "random:index/randomPassword:RandomPassword": {"result": "pass-word_~."},
    "random:index/randomBytes:RandomBytes": {"base64": "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="},
}
FUNCTIONS: Final[dict[str, dict[str, Any]]] = {
    "aws:index/getAvailabilityZones:getAvailabilityZones": {"names": ["a", "b", "c", "d"]},
    "aws:index/getCallerIdentity:getCallerIdentity": {"accountId": "123456789012"},
    "aws:index/getRegion:getRegion": {"region": "eu-central-1"},
    "azure:core/getClientConfig:getClientConfig": {"tenantId": "tenant"},
    "gcp:organizations/getProject:getProject": {"number": "1", "projectId": "resimate"},
    "openstack:identity/getAuthScope:getAuthScope": {"userId": "who-runs-this", "projectId": "ours"},
    "openstack:identity/getRole:getRole": {"id": "operators"},
}


class Clouds(pulumi.runtime.Mocks):
    """Remembers what it is asked for."""

    def __init__(self) -> None:
        self.asked: list[Resource] = []

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        self.asked.append(Resource(args.typ, args.name, args.inputs))
        service = args.typ.split(":")[1].split("/")[0]
        answer = {
            "name": args.name,
            "arn": f"arn:aws:{service}:::{args.name}",
            "bucket": args.name,
            "selfLink": f"{args.name}-link",
            "versionlessId": f"{args.name}-versionless",
            "resourceVersionlessId": f"{args.name}-of-vault",
            "access": f"key-of-{args.name}",
            "secret": f"secret-of-{args.name}",
        }
        return f"{args.name}-id", {**answer, **args.inputs, **KNOWN.get(args.typ, {})}

    def call(self, args: pulumi.runtime.MockCallArgs) -> dict[str, Any]:
        return FUNCTIONS[args.token]
