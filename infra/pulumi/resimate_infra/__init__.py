"""What Resimate runs on, as code: one abstract platform, and four that fill it."""
