import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

INDEXES = (
    "hub_annotation_image_id_13729abb",
    "hub_image_batch_id_377fa06f",
    "hub_image_place_id_22163b33",
    "hub_image_supplier_id_9ad64895",
    "hub_rendition_image_id_34bfd857",
)


class Migration(migrations.Migration):
    """Five indexes go that were the beginning of another, and nothing else: Django would check the foreign keys anew."""

    atomic = False  # nobody waits while they are dropped
    dependencies = [
        ("hub", "0013_operations_indexes"),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(f'DROP INDEX CONCURRENTLY IF EXISTS "{name}"', migrations.RunSQL.noop)
                for name in INDEXES
            ],
            state_operations=[
                migrations.AlterField(
                    model_name="annotation",
                    name="image",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="annotations",
                        to="hub.image",
                    ),
                ),
                migrations.AlterField(
                    model_name="image",
                    name="batch",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="images",
                        to="hub.batch",
                    ),
                ),
                migrations.AlterField(
                    model_name="image",
                    name="place",
                    field=models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="images",
                        to="hub.place",
                    ),
                ),
                migrations.AlterField(
                    model_name="image",
                    name="supplier",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="images",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                migrations.AlterField(
                    model_name="rendition",
                    name="image",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="renditions",
                        to="hub.image",
                    ),
                ),
            ],
        )
    ]
