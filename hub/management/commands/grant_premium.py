"""manage.py grant_premium: give an account the premium plan, or take it away."""

from django.core.management.base import BaseCommand, CommandError, CommandParser

from hub.models import Account


class Command(BaseCommand):
    help = "Put an account on the premium plan."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--revoke", action="store_true", help="put it back on the free plan")

    def handle(self, *, username: str, revoke: bool, **_) -> None:
        plan = Account.Plan.FREE if revoke else Account.Plan.PREMIUM
        if not Account.objects.filter(username=username).update(plan=plan):
            raise CommandError(f"There is no account “{username}”.")
        self.stdout.write(f"{username} is on the {plan.label.lower()} plan")
