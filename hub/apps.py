from django.apps import AppConfig


class HubConfig(AppConfig):
    name = "hub"
    verbose_name = "Deep Images Hub"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from hub import checks  # noqa: F401  registers the system checks
        from hub.people import entering  # noqa: F401  hears of new passwords
