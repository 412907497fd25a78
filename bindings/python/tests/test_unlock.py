"""The phone core from Python: a foreign radio, clock and keystore, the real core, the real door engine."""

import tempfile
import unittest

from bench_radio import BenchRadio, LoopTimer
from thumbturn_ffi import (
    AdapterState,
    CancelHandle,
    DeliveryEnd,
    DeliveryEvent,
    DeliveryQueue,
    KeyStore,
    PassError,
    Progress,
    ProgressQueue,
    TestProperty,
    UnlockError,
    Unlocker,
    UploadKind,
    Vault,
    WalletError,
)


class MemoryKeyStore(KeyStore):
    """Wraps by exclusive or with a constant: a test's keystore, which protects nothing."""

    def __init__(self):
        self.number = 0

    def wrap_key(self, key):
        return bytes(byte ^ 0x5A for byte in key)

    def unwrap_key(self, wrapped):
        return bytes(byte ^ 0x5A for byte in wrapped)

    def epoch(self):
        return self.number

    def raise_epoch(self, epoch):
        self.number = max(self.number, epoch)


class Unlock(unittest.IsolatedAsyncioTestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.property = TestProperty(1)
        self.door = self.property.door()

    def phone(self, **radio):
        vault = Vault(self.folder.name, MemoryKeyStore())
        phone_id = vault.enrol()
        vault.trust(self.property.trust_anchor())
        self.assertEqual(vault.import_credential(self.property.grant(phone_id)), self.door)
        radio = BenchRadio(self.property, **radio)
        return vault, radio, Unlocker(radio, LoopTimer(), vault)

    async def unlock(self, unlocker, cancel=None):
        return await unlocker.unlock(self.door, cancel or CancelHandle(), ProgressQueue())

    async def test_first_and_repeat_unlock(self):
        _, radio, unlocker = self.phone()
        first = await self.unlock(unlocker)
        self.assertFalse(first.by_ticket)
        self.assertTrue(first.bolt_confirmed)
        radio.written.clear()
        repeat = await self.unlock(unlocker)
        self.assertTrue(repeat.by_ticket)
        self.assertEqual([len(frame) for frame in radio.written], [20])
        self.assertEqual(self.property.bolt_moves(), 2)

    async def test_progress_is_told_in_order(self):
        _, _, unlocker = self.phone()
        progress = ProgressQueue()
        await unlocker.unlock(self.door, CancelHandle(), progress)
        steps = []
        while (step := progress.try_next()) is not None:
            steps.append(step)
        names = [type(step).__name__.upper() for step in steps]
        self.assertIn("SEARCHING", names[0])
        self.assertIn("ACCEPTED", names[-1])

    async def test_flow_control_at_the_smallest_mtu(self):
        _, radio, unlocker = self.phone(mtu=23, queue=1)
        opened = await self.unlock(unlocker)
        self.assertGreater(len(radio.written), 10)
        self.assertGreater(radio.refused_writes, 0)
        self.assertEqual(opened.attempts, 1)
        self.assertEqual(self.property.bolt_moves(), 1)

    async def test_cancel_before_anything_left(self):
        _, radio, unlocker = self.phone()
        cancel = CancelHandle()
        cancel.cancel()
        with self.assertRaises(UnlockError.Cancelled):
            await self.unlock(unlocker, cancel)
        self.assertEqual(radio.written, [])
        self.assertEqual(self.property.bolt_moves(), 0)

    async def test_cancel_between_two_notifications_tells_the_truth(self):
        # At the smallest MTU the answer takes three notifications; the cancel comes before the second.
        _, radio, unlocker = self.phone(mtu=23)
        cancel = CancelHandle()

        def before_notification(frame):
            later_frame_of_a_message = frame[0] & 0x80 == 0
            if later_frame_of_a_message:
                cancel.cancel()

        radio.before_notification = before_notification
        opened = await self.unlock(unlocker, cancel)
        self.assertEqual(opened.attempts, 1)
        self.assertEqual(self.property.bolt_moves(), 1)
        self.assertGreaterEqual(len(radio.notified), 4)

    def tenant(self, rows=100):
        """A new tenant's phone, whose grant waits for the door's update."""
        vault = Vault(self.folder.name, MemoryKeyStore())
        phone_id = vault.enrol()
        vault.trust(self.property.trust_anchor())
        hand_over = self.property.hand_over(phone_id, rows)
        vault.import_credential(hand_over.credential)
        radio = BenchRadio(self.property)
        return vault, Unlocker(radio, LoopTimer(), vault), hand_over.parcel

    async def test_without_the_update_the_door_stays_closed(self):
        _, unlocker, _ = self.tenant()
        with self.assertRaises(UnlockError.UpdateRequired):
            await self.unlock(unlocker)
        self.assertEqual(self.property.bolt_moves(), 0)

    async def test_one_tap_updates_the_door_and_opens_it(self):
        vault, unlocker, parcel = self.tenant()
        self.assertTrue(vault.inbox().take_parcel(parcel))
        progress = ProgressQueue()
        door = await unlocker.unlock_first(self.door, CancelHandle(), progress)
        self.assertEqual(door.opened().attempts, 2)
        percent = []
        while (step := progress.try_next()) is not None:
            if isinstance(step, Progress.UPDATING):
                percent.append(step.percent)
        self.assertEqual((percent[0], percent[-1], percent), (0, 100, sorted(percent)))
        self.assertEqual(self.property.bolt_moves(), 1)

        # Behind the bolt the door's receipt and log come along, once.
        events = DeliveryQueue()
        self.assertEqual(await door.deliver(CancelHandle(), events), DeliveryEnd.COMPLETE)
        self.assertEqual(events.try_next(), DeliveryEvent.COLLECTED())
        uploads = vault.inbox().to_upload()
        self.assertEqual([upload.kind for upload in uploads], [UploadKind.RECEIPT, UploadKind.LOG_BATCH])
        vault.inbox().uploaded([upload.id for upload in uploads])
        self.assertEqual(vault.inbox().to_upload(), [])
        with self.assertRaises(PassError.TooSoon):
            await unlocker.pass_by(self.door, CancelHandle(), DeliveryQueue())

    async def test_bluetooth_off_is_told(self):
        _, radio, unlocker = self.phone()
        radio.state = AdapterState.OFF
        with self.assertRaises(UnlockError.BluetoothOff):
            await self.unlock(unlocker)

    async def test_a_door_without_grant_is_not_searched(self):
        _, radio, unlocker = self.phone()
        with self.assertRaises(UnlockError.NoGrant):
            await unlocker.unlock(bytes(8), CancelHandle(), ProgressQueue())
        self.assertEqual(radio.written, [])

    async def test_wrong_bytes_are_refused_and_change_nothing(self):
        vault, _, _ = self.phone()
        with self.assertRaises(WalletError.Refused):
            vault.import_credential(b"not a credential")
        self.assertEqual(vault.doors(), [self.door])


if __name__ == "__main__":
    unittest.main()
