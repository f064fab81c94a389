"""Realistic sessions of a busy site, the same in every run, as JSON Lines for `session-inspector import`."""

import base64
import random
import time

CLIENTS = ["7c9e01ab-0f4e-4f6a-9a52-1b1d5e0c7a11"] * 97 + ["2f6b9c80-11d2-4e0b-8f0e-93b1a2c4d5e6"] * 3
PLACES = ["checkout", "cart", "product page", "search", "newsletter", "gift card", "returns", "wish list", "landing"]
KINDS = ["on mobile", "on desktop", "from an ad", "after a coupon", "in the app", "abandoned", "with two items"]
HOUR, DAY = 3600, 86400


def encoded(text):
    return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


HEADER = encoded('{"kid":"kiLm7pQx","alg":"HS256"}')


def iso(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def uuid(bits):
    digits = f"{bits:032x}"
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-8{digits[17:20]}-{digits[20:]}"


def lines(count, now, seed=20260101, fresh=False):
    """Yields `count` sessions of the thirty days before `now`, oldest first, in the format of `export --as session`.

    One in ten has a valid access token; most of the others can be renewed, and some are refused or discarded.
    If `fresh`, all were renewed in the last four hours and have a valid one.
    """
    chance = random.Random(seed)
    for number in range(count):
        created = now - 30 * DAY + 30 * DAY * number // count
        renewed = None
        if chance.random() < 0.3:
            renewed = min(created + int(chance.random() * 20 * DAY), now)
        if chance.random() < 0.08 or fresh:
            renewed = now - int(chance.random() * 4 * HOUR)
        issued = renewed or created
        visitor, client = uuid(chance.getrandbits(128)), CLIENTS[int(chance.random() * 100)]
        signature = encoded(f"{chance.getrandbits(192):024x}"[:32])
        instance = (
            '{\\"instance\\":{\\"instanceId\\":\\"0b7c1f1e-6d2c-4b7e-8d0a-7b3c9d1e2f30\\",\\"appDefId\\":\\"' + client
            + '\\",\\"signDate\\":\\"' + iso(issued) + '\\",\\"demoMode\\":false,\\"aid\\":\\"' + visitor
            + '\\",\\"metaSiteId\\":\\"5e1c7d9a-3b2f-4c6d-9e8f-0a1b2c3d4e5f\\"}}')
        access = encoded(f'{{"data":"{instance}","iat":{issued},"exp":{issued + 4 * HOUR}}}')
        refresh = encoded(f'{{"data":"\\"{visitor}\\"","iat":{created},"exp":{created + 365 * DAY}}}')
        label = (f"{PLACES[int(chance.random() * len(PLACES))]} {KINDS[int(chance.random() * len(KINDS))]} "
                 f"{int(chance.random() * 100_000):05d}")
        kind = chance.random()
        state = "refused" if kind < 0.03 else "discarded" if kind < 0.04 else "expired"
        discarded = f'"{iso(now - int(kind * DAY))}"' if state == "discarded" else "null"
        yield (
            f'{{"id":"{uuid(chance.getrandbits(128))}","label":"{label}","clientID":"{client}","visitorID":"{visitor}",'
            f'"role":"visitor","state":"{state}","accessExpiresAt":"{iso(issued + 4 * HOUR)}",'
            f'"refreshExpiresAt":"{iso(created + 365 * DAY)}","createdAt":"{iso(created)}",'
            f'"renewedAt":{f"{chr(34)}{iso(renewed)}{chr(34)}" if renewed else "null"},'
            f'"renewalCount":{1 if renewed else 0},"autoRenew":false,"version":1,"discardedAt":{discarded},'
            f'"tokens":{{"accessToken":{{"value":"OauthNG.JWS.{HEADER}.{access}.{signature}",'
            f'"expiresAt":{issued + 4 * HOUR}}},"refreshToken":{{"value":"JWS.{HEADER}.{refresh}.{signature}",'
            f'"role":"visitor"}}}}}}\n')
