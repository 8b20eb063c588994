"""Two people with matrix-nio, end-to-end encrypted: `nio_people.py URL FOLDER`. Ends with 0 when everything worked."""

import asyncio
import io
import sys
import time

import nio

TIMEOUT_S = 30
KINDS = (
    nio.KeyVerificationStart,
    nio.KeyVerificationAccept,
    nio.KeyVerificationKey,
    nio.KeyVerificationMac,
)


def done(response, kind):
    assert isinstance(response, kind), f"{kind.__name__} expected: {response}"
    return response


class Person:
    """A client that keeps what it is told."""

    def __init__(self, url, name, folder):
        config = nio.AsyncClientConfig(encryption_enabled=True, store_sync_tokens=True)
        self.client = nio.AsyncClient(url, name, store_path=folder, config=config)
        self.texts, self.typing, self.receipts, self.steps = [], [], [], []
        on = self.client.add_event_callback
        on(lambda room, event: self.texts.append((event.sender, event.body, event.decrypted)), nio.RoomMessageText)
        on(lambda room, event: self.texts.append((event.sender, None, False)), nio.MegolmEvent)
        self.client.add_ephemeral_callback(lambda room, event: self.typing.append(event.users), nio.TypingNoticeEvent)
        self.client.add_ephemeral_callback(lambda room, event: self.receipts.append(event), nio.ReceiptEvent)
        self.client.add_to_device_callback(self.on_verification, KINDS)

    async def register(self, password):
        done(await self.client.register(self.client.user, password), nio.RegisterResponse)
        await self.begin()

    async def log_in(self, password):
        done(await self.client.login(password, device_name="nio"), nio.LoginResponse)
        await self.begin()

    async def begin(self):
        await self.sync()
        if self.client.should_upload_keys:
            done(await self.client.keys_upload(), nio.KeysUploadResponse)

    async def sync(self):
        done(await self.client.sync(timeout=1_000, full_state=self.client.next_batch is None), nio.SyncResponse)
        if self.client.should_query_keys:
            done(await self.client.keys_query(), nio.KeysQueryResponse)
        await self.client.send_to_device_messages()

    async def on_verification(self, event):
        client = self.client
        self.steps.append(type(event).__name__)
        if isinstance(event, nio.KeyVerificationStart):
            done(await client.accept_key_verification(event.transaction_id), nio.ToDeviceResponse)
        elif isinstance(event, nio.KeyVerificationKey):
            await client.send_to_device_messages()  # our own key goes before what proves that it is ours
            done(await client.confirm_short_auth_string(event.transaction_id), nio.ToDeviceResponse)


async def until(seen, *people):
    end = time.monotonic() + TIMEOUT_S
    while not seen():
        assert time.monotonic() < end, "waited in vain"
        await asyncio.gather(*(person.sync() for person in people))


async def send(person, room_id, body):
    content = {"msgtype": "m.text", "body": body}
    response = await person.client.room_send(room_id, "m.room.message", content, ignore_unverified_devices=True)
    return done(response, nio.RoomSendResponse).event_id


async def meet(alice, bob):
    encrypted = nio.EnableEncryptionBuilder().as_dict()
    created = await alice.client.room_create(name="Tea", invite=[bob.client.user_id], initial_state=[encrypted])
    room_id = done(created, nio.RoomCreateResponse).room_id
    await until(lambda: room_id in bob.client.invited_rooms, bob)
    done(await bob.client.join(room_id), nio.JoinResponse)
    for one, other in ((alice, bob), (bob, alice)):
        def knows(one=one, other=other):
            room = one.client.rooms.get(room_id)
            devices = one.client.device_store[other.client.user_id]
            return room is not None and room.encrypted and other.client.device_id in devices
        await until(knows, one)
    return room_id


async def verify(alice, bob):
    device = alice.client.device_store[bob.client.user_id][bob.client.device_id]
    done(await alice.client.start_key_verification(device), nio.ToDeviceResponse)
    await until(lambda: device.verified, alice, bob)
    own = bob.client.device_store[alice.client.user_id][alice.client.device_id]
    await until(lambda: own.verified, alice, bob)


async def main(url, folder):
    alice, bob = Person(url, "nio-alice", folder), Person(url, "nio-bob", folder)
    await alice.register("pw-alice")
    await bob.register("pw-bob")
    room_id = await meet(alice, bob)

    first = await send(alice, room_id, "hello")
    await until(lambda: bob.texts == [(alice.client.user_id, "hello", True)], bob)
    await send(bob, room_id, "hello yourself")
    await until(lambda: (bob.client.user_id, "hello yourself", True) in alice.texts, alice)
    await verify(alice, bob)
    print("verified by", ", ".join(alice.steps))

    done(await bob.client.room_typing(room_id, True), nio.RoomTypingResponse)
    await until(lambda: [bob.client.user_id] in alice.typing, alice)
    done(await bob.client.room_read_markers(room_id, first, first), nio.RoomReadMarkersResponse)
    await until(lambda: len(alice.receipts) > 0, alice)

    data = b"\x89PNG not really"
    uploaded, keys = await alice.client.upload(
        lambda *_: io.BytesIO(data), "image/png", "cake.png", encrypt=True, filesize=len(data)
    )
    mxc = done(uploaded, nio.UploadResponse).content_uri
    sealed = done(await bob.client.download(mxc), nio.DownloadResponse).body
    opened = nio.crypto.attachments.decrypt_attachment(sealed, keys["key"]["k"], keys["hashes"]["sha256"], keys["iv"])
    assert opened == data

    done(await alice.client.set_displayname("Alice"), nio.ProfileSetDisplayNameResponse)
    profile = done(await bob.client.get_profile(alice.client.user_id), nio.ProfileGetResponse)
    assert profile.displayname == "Alice"
    done(await alice.client.room_redact(room_id, first, "oops"), nio.RoomRedactResponse)
    history = done(await bob.client.room_messages(room_id, bob.client.next_batch), nio.RoomMessagesResponse)
    assert any(isinstance(event, nio.RedactedEvent) for event in history.chunk)
    assert len(done(await bob.client.joined_members(room_id), nio.JoinedMembersResponse).members) == 2

    phone = Person(url, "nio-bob", folder)
    await phone.log_in("pw-bob")
    devices = lambda: alice.client.device_store[bob.client.user_id]
    await until(lambda: phone.client.device_id in devices(), alice)
    await send(alice, room_id, "to both of you")
    for each in (bob, phone):
        await until(lambda each=each: (alice.client.user_id, "to both of you", True) in each.texts, each)
    done(await phone.client.logout(), nio.LogoutResponse)
    await until(lambda: devices()[phone.client.device_id].deleted if phone.client.device_id in devices() else True, alice)
    for person in (alice, bob, phone):
        await person.client.close()
    print("matrix-nio: everything worked")


asyncio.run(main(sys.argv[1], sys.argv[2]))
