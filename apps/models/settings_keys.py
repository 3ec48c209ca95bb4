"""What a tenant may set about models and what is made of them."""

from apps.configuration.registry import declare_rate

declare_rate("models", 1000, "Requests an hour and user to models.")
declare_rate("assessments", 500, "Requests an hour and user to assessments.")
declare_rate("calculations", 600_000, "Requests an hour and user to calculations (10,000 a minute).")
