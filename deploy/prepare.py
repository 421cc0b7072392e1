"""Make what containers are given as files: python -m deploy.prepare.

KEYS_FOLDER gets the keys that are missing and the broker's configuration, for the agencies of
AGENCIES_FILE; a new log's key bears LOG_ORIGIN as its name. Run it before the first start and
after an agency was added; then have the broker read its configuration again. Exits 2 with the
reason if it cannot be done.
"""

import os
import sys
from pathlib import Path
from typing import Final

from deploy import nats_config
from deploy.keys import Keys, KeysError, make
from shared.register_file import RegisterRefused
from shared.registry import Registry

STORE: Final = "/data"
"""The volume of the broker's container."""


def prepare(keys_folder: Path, agencies_file: Path, log_name: str) -> Keys:
    """The keys, and the configuration of a broker that listens inside its container."""
    agencies = Registry.load(agencies_file).slugs
    keys = make(keys_folder, agencies, log_name)
    nats_config.write(keys, agencies, store=STORE, host="0.0.0.0")  # noqa: S104 - a container's
    return keys


if __name__ == "__main__":
    try:
        prepare(
            Path(os.environ["KEYS_FOLDER"]),
            Path(os.environ["AGENCIES_FILE"]),
            os.environ["LOG_ORIGIN"],
        )
    except (KeysError, RegisterRefused) as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(2)
