"""Entering: guesses count against the account they are about; a new password by mail ends whatever was before."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.signals import password_reset
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.core.validators import RegexValidator
from django.db.models import Q
from django.dispatch import receiver
from django.http import HttpRequest

from hub.models import Account

# A name like an address would be taken for its owner, by people and by whoever logs in with it.
NAMES = [UnicodeUsernameValidator(), RegexValidator("@", "A name holds no @.", inverse_match=True)]


class Adapter(DefaultAccountAdapter):
    """allauth's ways, with guesses counted by account: its own key holds the Host header, whose port anybody varies,
    and what was typed, so that a name and an address would be guessed at separately.
    """

    def is_safe_url(self, url: str) -> bool:
        """Whether a visitor may be led there; what cannot even be read as an address is no such place."""
        try:
            return super().is_safe_url(url)
        except ValueError:
            return False

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        said = str(credentials.get("email") or credentials.get("username") or "").strip().lower()
        named = Q(username__iexact=said) | Q(email__iexact=said) | Q(emailaddress__email__iexact=said)
        found = Account.objects.filter(named).order_by("pk").values_list("pk", flat=True).first()
        return f"account:{found}" if found else f"said:{said}"


@receiver(password_reset)
def take_back_tokens(user: Account, **_: Any) -> None:
    """Whoever resets a password by mail may be taking back an account somebody else used: its tokens go, too."""
    user.tokens.all().delete()
