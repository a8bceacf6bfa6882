"""Make the bucket of a store that is new, and let the hub's pages send photos to it."""

from typing import Any

import boto3
from botocore.exceptions import ClientError
from django.conf import settings
from django.core.management import BaseCommand

from hub.storage import BOTO

SIGNED_REQUESTS = {
    "AllowedOrigins": [settings.ORIGIN],
    "AllowedMethods": ["GET", "PUT"],
    "AllowedHeaders": ["*"],
    "MaxAgeSeconds": 3600,
}


class Command(BaseCommand):
    help = "Make the bucket S3_BUCKET if the store has none, and allow the hub's pages to use signed links."

    def handle(self, **options: Any) -> None:
        name = settings.S3["bucket_name"]
        with_keys = {"aws_access_key_id": settings.S3["access_key"], "aws_secret_access_key": settings.S3["secret_key"]}
        place = {"endpoint_url": settings.S3["endpoint_url"], "region_name": settings.S3["region_name"]}
        store = boto3.client("s3", config=BOTO, **with_keys, **place)
        if name not in {bucket["Name"] for bucket in store.list_buckets()["Buckets"]}:
            store.create_bucket(Bucket=name)
            print(f"Made the bucket {name}.")
        try:
            store.put_bucket_cors(Bucket=name, CORSConfiguration={"CORSRules": [SIGNED_REQUESTS]})
        except ClientError as refused:
            print(f"The store keeps its own rule for other origins ({refused}). It must allow {settings.ORIGIN}.")
