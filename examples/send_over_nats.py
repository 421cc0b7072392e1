"""Send referral documents over NATS as one agency, and wait for the receipts.

    python send_over_nats.py --url nats://HOST:PORT --seed FILE --agency met-police FILE...

Once the broker has acknowledged a document, it is safe whatever happens next. The receipt that
follows says whether it was accepted and under which id. Prints one JSON line a document.
"""

import argparse
import asyncio
import json
from pathlib import Path

import nats

ANSWERS_TO_A_DOCUMENT = ("accepted", "already_known", "rejected")
"""Other outcomes tell what became of it later; ignore those that you do not know."""


async def main() -> None:
    """Publish each document, with the broker's acknowledgement; then gather the receipts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", required=True)
    parser.add_argument("--seed", required=True, help="the file of the agency's nkey seed")
    parser.add_argument("--agency", required=True)
    parser.add_argument("files", nargs="+", type=Path)
    arguments = parser.parse_args()

    connection = await nats.connect(arguments.url, nkeys_seed=arguments.seed)
    receipts = await connection.subscribe(f"receipt.{arguments.agency}")
    stream = connection.jetstream()
    waiting: dict[str, int] = {}
    for file in arguments.files:
        content = json.loads(file.read_text())
        document = content.get("document", content)
        acknowledged = await stream.publish(
            f"submit.{arguments.agency}", json.dumps(document).encode(), stream="SUBMISSIONS"
        )
        waiting[document["reference"]] = acknowledged.seq
    while waiting:
        receipt = json.loads((await receipts.next_msg(timeout=30)).data)
        if receipt["outcome"] not in ANSWERS_TO_A_DOCUMENT:
            continue
        sequence = waiting.pop(receipt["reference"], None)
        if sequence is not None:
            print(json.dumps({"acknowledged": sequence, "receipt": receipt}), flush=True)
    await connection.close()


if __name__ == "__main__":
    asyncio.run(main())
