"""The licences pictures come under: a notice for each in our own words, and where its text stands."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Licence:
    """A licence by its SPDX id, as the Hugging Face hub names it, and what it comes to."""

    spdx: str
    title: str
    url: str
    plainly: str

    @property
    def text(self) -> str:
        """LICENSES/<SPDX id>.txt."""
        return (
            f"{self.title}\nSPDX-License-Identifier: {self.spdx}\n\nThe licence itself is at {self.url}\n"
            f"What follows is a summary and no part of it.\n\n{self.plainly}\n"
        )


CREDIT = (
    "You may copy, change and publish these pictures, and train models on them, also for money.\n"
    "Name the author (ATTRIBUTION.csv has the name for every picture), link to the licence, and say what you changed.\n"
)
KNOWN = {
    "CC0-1.0": Licence(
        "CC0-1.0",
        "Creative Commons Zero 1.0 Universal",
        "https://creativecommons.org/publicdomain/zero/1.0/",
        "The author has given up all rights in these pictures as far as the law allows.\n"
        "You may do with them what you like and need not ask or name anybody; a credit is kind all the same.",
    ),
    "CC-BY-4.0": Licence(
        "CC-BY-4.0",
        "Creative Commons Attribution 4.0 International",
        "https://creativecommons.org/licenses/by/4.0/",
        f"{CREDIT}Nobody you pass them on to may be kept from doing the same.",
    ),
    "CC-BY-SA-4.0": Licence(
        "CC-BY-SA-4.0",
        "Creative Commons Attribution-ShareAlike 4.0 International",
        "https://creativecommons.org/licenses/by-sa/4.0/",
        f"{CREDIT}What you make out of them and publish, publish under this licence or one that it calls compatible.",
    ),
}
