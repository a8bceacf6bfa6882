import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("hub", "0008_neighbours"),
    ]

    operations = [
        migrations.CreateModel(
            name="Backup",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=20)),
                ("finished_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("seconds", models.FloatField()),
                ("objects_held", models.BigIntegerField()),
                ("bytes_copied", models.BigIntegerField()),
                ("missing", models.IntegerField(default=0)),
            ],
            options={
                "indexes": [models.Index(fields=["-finished_at"], name="backups_by_time")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("bytes_copied__gte", 0), ("missing__gte", 0), ("objects_held__gte", 0), ("seconds__gte", 0)
                        ),
                        name="no_figure_of_a_backup_is_negative",
                    )
                ],
            },
        ),
    ]
