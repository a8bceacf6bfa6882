"""What happens after the response. `celery -A workers` finds its app in workers.celery."""
