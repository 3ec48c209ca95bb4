"""Amazon Web Services: EKS, RDS, ElastiCache, S3, ECR, Route 53 and KMS."""

from typing import Any

import pulumi_aws as aws

from resimate_infra.aws import cluster, data, files, images, keys, network
from resimate_infra.contract import Cache, Cluster, Database, Names, Store
from resimate_infra.platform import Platform


class Aws(Platform):
    """Three zones of one region, and what has to outlive it in a second one."""

    def keys(self) -> None:
        self.keyring = keys.make(self.site)

    def network(self) -> None:
        self.net = network.make(self.site)

    def guards(self) -> None:
        network.log_flows(self.net, self.keyring.data)
        network.connect_office(self.site, self.net)
        self.addresses = network.protected_addresses()

    def cluster(self) -> Cluster:
        self.eks = cluster.make(self.site, self.net, self.keyring.data)
        return Cluster(name=self.eks.name, endpoint=self.eks.endpoint)

    def database(self) -> Database:
        return data.database(self.site, self.net, self.keyring)

    def cache(self) -> Cache:
        return data.cache(self.site, self.net, self.keyring.data)

    def store(self) -> Store:
        return files.make(self.site, self.keyring)

    def registry(self) -> Any:
        return images.make(self.site, self.keyring.data)

    def edge(self) -> Any:
        return [one.public_ip for one in self.addresses]

    def names(self) -> Names:
        zone = aws.route53.Zone("public", name=self.site.domain, comment="filled by the cluster")
        aws.route53.Zone(
            "private", name=f"private.{self.site.domain}", vpcs=[aws.route53.ZoneVpcArgs(vpc_id=self.net.vpc.id)]
        )
        cluster.let_pods(
            self.eks, "names", "resimate-management", "external-dns",
            cluster.may(["route53:ChangeResourceRecordSets", "route53:ListResourceRecordSets"], zone.arn),
        )  # fmt: skip
        return Names(servers=zone.name_servers)

    def seal(self) -> Any:
        may = cluster.may(["kms:Encrypt", "kms:Decrypt", "kms:DescribeKey"], self.keyring.seal.arn)
        cluster.let_pods(self.eks, "vault", "resimate-management", "vault", may)
        return self.keyring.seal.arn
