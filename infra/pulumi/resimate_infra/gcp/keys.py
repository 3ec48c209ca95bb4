"""Keys of our own in Cloud KMS, and the services that may use each."""

from dataclasses import dataclass
from typing import Final

import pulumi
import pulumi_gcp as gcp

from resimate_infra import sizes
from resimate_infra.site import Site

#: Where Cloud KMS keeps keys for what lies in two regions of a continent.
CONTINENTS: Final = {"EU": "europe", "US": "us", "ASIA": "asia"}
#: The services that keep something for us, as Google names their accounts.
SERVICES: Final = {
    "data": ("gcp-sa-cloud-sql", "cloud-redis", "compute-system", "container-engine-robot"),
    "copies": ("gs-project-accounts", "gcp-sa-artifactregistry"),
    "seal": (),
}


@dataclass(frozen=True)
class Keyring:
    data: gcp.kms.CryptoKey
    #: For files and images, which are in two regions.
    copies: gcp.kms.CryptoKey
    seal: gcp.kms.CryptoKey


def make(site: Site) -> Keyring:
    here = gcp.kms.KeyRing("here", name="resimate", location=site.region)
    both = gcp.kms.KeyRing("both", name="resimate", location=CONTINENTS[site.continent])
    return Keyring(_key("data", here), _key("copies", both), _key("seal", here))


def _key(name: str, ring: gcp.kms.KeyRing) -> gcp.kms.CryptoKey:
    key = gcp.kms.CryptoKey(
        name, key_ring=ring.id, purpose="ENCRYPT_DECRYPT", rotation_period=f"{sizes.KEY_ROTATION_DAYS * 86_400}s",
        destroy_scheduled_duration=f"{30 * 86_400}s",
        version_template=gcp.kms.CryptoKeyVersionTemplateArgs(
            algorithm="GOOGLE_SYMMETRIC_ENCRYPTION", protection_level="HSM"
        ),
        opts=pulumi.ResourceOptions(protect=True),
    )  # fmt: skip
    number = gcp.organizations.get_project_output().number
    for service in SERVICES[name]:
        account = pulumi.Output.concat("serviceAccount:service-", number, f"@{service}.iam.gserviceaccount.com")
        let(key, service, account)
    return key


def let(key: gcp.kms.CryptoKey, name: str, member: pulumi.Input[str]) -> None:
    """Somebody may encrypt and decrypt by a key."""
    gcp.kms.CryptoKeyIAMMember(
        name, crypto_key_id=key.id, role="roles/cloudkms.cryptoKeyEncrypterDecrypter", member=member
    )
