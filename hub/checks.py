"""What must not be true of a hub that faces the world."""

from django.conf import settings
from django.core.checks import Error, Tags, register


@register(Tags.security, deploy=True)
def hosts_are_named(app_configs, **kwargs):
    """A production hub answers only for the hosts it was told of."""
    if "*" in settings.ALLOWED_HOSTS:
        return [Error("HUB_HOSTS must name the hosts this hub answers for.", id="hub.E001")]
    return []
