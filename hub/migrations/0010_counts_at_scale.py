from django.db import migrations

from hub.sql import load


class Migration(migrations.Migration):
    dependencies = [("hub", "0009_backups")]
    operations = [migrations.RunSQL(load("schema/0008_scale"), migrations.RunSQL.noop)]
