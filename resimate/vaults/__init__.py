"""What an overlay of ``k8s/`` asks of Vault or OpenBao, and the making of it there."""
