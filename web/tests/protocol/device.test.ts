import { expect, test } from "vitest";

import { Device, MemoryStore, type DeviceStore } from "../../src/protocol/device.ts";
import { sample } from "./samples.ts";

async function verifies(device: Device, message: Uint8Array<ArrayBuffer>, signature: Uint8Array<ArrayBuffer>) {
  const key = await crypto.subtle.importKey("raw", device.publicKey, "Ed25519", false, ["verify"]);
  return crypto.subtle.verify("Ed25519", key, signature, message);
}

test("a device signs, and its signature is of one message", async () => {
  const device = await Device.open(new MemoryStore());
  const signature = await device.sign(sample("message"));
  expect(signature.length).toBe(64);
  expect(await verifies(device, sample("message"), signature)).toBe(true);
  expect(await verifies(device, sample("other"), signature)).toBe(false);
});

test("a device is the same each time, and another in another browser", async () => {
  const store = new MemoryStore();
  const [once, again] = [await Device.open(store), await Device.open(store)];
  expect(again.publicKey).toEqual(once.publicKey);
  expect((await Device.open(new MemoryStore())).publicKey).not.toEqual(once.publicKey);
});

test("two windows that open at once have one device", async () => {
  const store = new MemoryStore();
  const [one, other] = await Promise.all([Device.open(store), Device.open(store)]);
  expect(one.publicKey).toEqual(other.publicKey);
});

test("the private key cannot be taken out", async () => {
  const store: DeviceStore = new MemoryStore();
  await Device.open(store);
  const { privateKey } = (await store.load())!;
  expect(privateKey.extractable).toBe(false);
  await expect(crypto.subtle.exportKey("pkcs8", privateKey)).rejects.toThrow();
});
