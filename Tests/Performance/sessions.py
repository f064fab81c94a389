"""Realistic sessions of a busy site, the same ones for every run: JSON lines as `session-inspector import` takes them."""

import base64
import json
import random
import uuid

CLIENTS = ["7c9e01ab-0f4e-4f6a-9a52-1b1d5e0c7a11"] * 97 + ["2f6b9c80-11d2-4e0b-8f0e-93b1a2c4d5e6"] * 3
PLACES = ["checkout", "cart", "product page", "search", "newsletter", "gift card", "returns", "wish list", "landing"]
KINDS = ["on mobile", "on desktop", "from an ad", "after a coupon", "in the app", "abandoned", "with two items"]
HEADER = base64.urlsafe_b64encode(b'{"kid":"kiLm7pQx","alg":"HS256"}').rstrip(b"=").decode()
HOUR, DAY = 3600, 86400


def encoded(value):
    return base64.urlsafe_b64encode(json.dumps(value, separators=(",", ":")).encode()).rstrip(b"=").decode()


def time(seconds):
    """ISO 8601, to the second."""
    import datetime

    return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def sessions(count, now):
    """Yields `count` sessions of the last thirty days, the oldest first: dictionaries as `export --as session` has them.

    One in ten has a live access token; of the others most wait to be renewed, and some are refused or put away.
    """
    chance = random.Random(20260101)
    for number in range(count):
        created = now - 30 * DAY + 30 * DAY * number // count
        renewed = min(created + chance.randrange(1, 20 * DAY), now) if chance.random() < 0.3 else None
        if chance.random() < 0.08:
            renewed = now - chance.randrange(4 * HOUR)
        issued = renewed or created
        visitor = str(uuid.UUID(int=chance.getrandbits(128), version=4))
        client = CLIENTS[chance.randrange(100)]
        instance = json.dumps({"instance": {
            "instanceId": "0b7c1f1e-6d2c-4b7e-8d0a-7b3c9d1e2f30", "appDefId": client, "signDate": time(issued),
            "demoMode": False, "aid": visitor, "metaSiteId": "5e1c7d9a-3b2f-4c6d-9e8f-0a1b2c3d4e5f",
            "expirationDate": time(issued + 4 * HOUR)}}, separators=(",", ":"))
        signature = base64.urlsafe_b64encode(chance.randbytes(32)).rstrip(b"=").decode()
        access = encoded({"data": instance, "iat": issued, "exp": issued + 4 * HOUR})
        refresh = encoded({"data": f'"{visitor}"', "iat": created, "exp": created + 365 * DAY})
        session = {
            "id": str(uuid.UUID(int=chance.getrandbits(128), version=4)),
            "label": f"{chance.choice(PLACES)} {chance.choice(KINDS)} {chance.randrange(100_000):05d}",
            "clientID": client, "visitorID": visitor, "role": "visitor", "state": "expired",
            "accessExpiresAt": time(issued + 4 * HOUR), "refreshExpiresAt": time(created + 365 * DAY),
            "createdAt": time(created), "renewedAt": time(renewed) if renewed else None,
            "renewalCount": 1 if renewed else 0, "autoRenew": False, "version": 1, "discardedAt": None,
            "tokens": {
                "accessToken": {"value": f"OauthNG.JWS.{HEADER}.{access}.{signature}", "expiresAt": issued + 4 * HOUR},
                "refreshToken": {"value": f"JWS.{HEADER}.{refresh}.{signature}", "role": "visitor"}}}
        kind = chance.random()
        if kind < 0.03:
            session["state"] = "refused"
        elif kind < 0.04:
            session["state"], session["discardedAt"] = "discarded", time(now - chance.randrange(DAY // 2))
        yield session
