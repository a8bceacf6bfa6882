from django.db import migrations

from hub.sql import load

# Images that are here already have been compared; the pairs that were found make their groups.
CATCH_UP = """
UPDATE hub_image SET group_id = id, compared_at = created_at;
SELECT hub_regroup(array_agg(id)) FROM (SELECT first_id FROM hub_twin UNION SELECT second_id FROM hub_twin) AS t(id);
SELECT hub_recount();
"""


class Migration(migrations.Migration):
    dependencies = [("hub", "0003_datasets")]
    operations = [
        migrations.RunSQL(load("schema/0005_groups"), migrations.RunSQL.noop),
        migrations.RunSQL(CATCH_UP, migrations.RunSQL.noop),
    ]
