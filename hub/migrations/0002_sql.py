from django.db import migrations

from hub.sql import load

FILES = ("0001_hierarchy", "0002_search", "0003_fingerprint", "0004_counts")


class Migration(migrations.Migration):
    dependencies = [("hub", "0001_initial")]
    operations = [migrations.RunSQL(load(f"schema/{name}"), migrations.RunSQL.noop) for name in FILES]
