"""Whether a live cluster has what K8S-001 and our overlays ask of it: only read."""
