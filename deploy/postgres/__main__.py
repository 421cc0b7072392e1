"""Make the database, its roles and schemas: python -m deploy.postgres.

KEYS_FOLDER holds the passwords; PGHOST and PGPORT say where the server is. Exits 2 with the
reason if it cannot be done.
"""

import asyncio
import os
import sys
from pathlib import Path

from deploy.keys import KeysError, load
from deploy.postgres.roles import RolesError, declare

if __name__ == "__main__":
    try:
        keys = load(Path(os.environ["KEYS_FOLDER"]))
        asyncio.run(declare(keys, os.environ["PGHOST"], int(os.environ.get("PGPORT", "5432"))))
    except (KeysError, RolesError) as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(2)
