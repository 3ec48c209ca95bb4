from django.apps import AppConfig


class KeysConfig(AppConfig):
    name = "apps.keys"
    label = "keys"

    def ready(self) -> None:
        from apps.core import crypto
        from apps.keys import services
        from apps.keys.keyring import KEYRING
        from apps.tenants import upkeep

        crypto.use(KEYRING)
        upkeep.keep(services.without_keys, services.make_first_keys)
