"""Make the bucket of settings.S3 and let the site's pages PUT into it. Running it again changes nothing."""

from botocore.exceptions import ClientError
from django.conf import settings
from django.core.files.storage import storages
from django.core.management.base import BaseCommand, CommandError


class Command(BaseCommand):
    help = "Make the bucket this hub keeps its files in, and allow uploads from HUB_ORIGIN."

    def handle(self, *args, **options) -> None:
        if not settings.USES_S3:
            raise CommandError("No bucket is configured: set S3_BUCKET and its keys (see docs/deploying.md).")
        client = storages["originals"].connection.meta.client  # type: ignore[attr-defined]
        name = settings.S3["bucket_name"]
        try:
            client.head_bucket(Bucket=name)
        except ClientError:
            client.create_bucket(Bucket=name)
        rule = {
            "AllowedOrigins": [settings.ORIGIN],
            "AllowedMethods": ["GET", "PUT"],
            "AllowedHeaders": ["content-type"],
            "MaxAgeSeconds": 3600,
        }
        try:
            client.put_bucket_cors(Bucket=name, CORSConfiguration={"CORSRules": [rule]})
        except ClientError as error:
            self.stderr.write(f"The store took no CORS rule; allow {settings.ORIGIN} there yourself. ({error})")
        self.stdout.write(f"Bucket {name} is ready.")
