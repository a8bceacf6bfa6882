"""Run inside a hub with an empty database: its tables, labels and people. Prints people and tokens as JSON."""

import json
import sys


def main(people: int) -> dict[str, str]:
    """The tables, so many suppliers, a premium account and the labels they give to; name to token."""
    from django.core.management import call_command

    from hub import tokens
    from hub.models import Token
    from tests import factories

    call_command("migrate", verbosity=0)
    for name in ("Ball", "Cube", "Kite"):
        factories.label(name)
    made = [factories.account(username=f"supplier{n}", email=f"supplier{n}@example.org") for n in range(people)]
    made.append(factories.account(username="grace", email="grace@example.org", plan="premium"))
    return {one.username: tokens.make(one, "faults", list(Token.Scope.values))[1] for one in made}


if __name__ == "__main__":
    import django

    django.setup()
    print(json.dumps(main(int(sys.argv[1]))))
