import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    """Five indexes go that were the beginning of another: dropping one waits for nobody long, and rewrites nothing."""

    dependencies = [
        ("hub", "0013_operations_indexes"),
    ]

    operations = [
        migrations.AlterField(
            model_name="annotation",
            name="image",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="annotations", to="hub.image"
            ),
        ),
        migrations.AlterField(
            model_name="image",
            name="batch",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="images", to="hub.batch"
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
                db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="renditions", to="hub.image"
            ),
        ),
    ]
