import django.db.models.deletion
from django.db import migrations, models

from hub.sql import load


class Migration(migrations.Migration):
    dependencies = [("hub", "0007_claims")]
    operations = [
        migrations.CreateModel(
            name="Embedding",
            fields=[
                (
                    "image",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="embedding",
                        serialize=False,
                        to="hub.image",
                    ),
                ),
                ("backbone", models.CharField(max_length=20)),
                ("weights_sha256", models.CharField(max_length=64)),
            ],
        ),
        migrations.CreateModel(
            name="Neighbour",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "image_id", "other_id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("similarity", models.FloatField()),
                ("near", models.BooleanField()),
                (
                    "image",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="neighbours",
                        to="hub.image",
                    ),
                ),
                (
                    "other",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="hub.image"),
                ),
            ],
        ),
        migrations.RunSQL(load("schema/0007_neighbours"), migrations.RunSQL.noop),
    ]
