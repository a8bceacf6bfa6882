"""What every browser test is marked with."""

import pytest
from django.conf import settings

# Naming the apps lets the emptying between tests cascade into our tables without a model.
database = pytest.mark.django_db(transaction=True, available_apps=settings.INSTALLED_APPS)
browser = [pytest.mark.browser, database]
