/** What a member needs to be added to a group: a key package, and what is kept private of it. */

import {
  type CiphersuiteImpl,
  type Credential,
  defaultLifetime,
  encodeMlsMessage,
  generateKeyPackageWithKey,
  type KeyPackage,
  type PrivateKeyPackage,
} from "ts-mls";

import type { Bytes } from "../keys.ts";
import { copy, utf8 } from "./bytes.ts";
import type { Device } from "./device.ts";
import { CAPABILITIES, deviceSuite } from "./suite.ts";

/** Whoever has this can be added to a group, once. */
export class Joining {
  /** For the server; an MLSMessage (RFC 9420, section 6). */
  readonly keyPackage: Bytes;
  /** @internal */
  readonly parts: { suite: CiphersuiteImpl; publicPackage: KeyPackage; privatePackage: PrivateKeyPackage };

  private constructor(parts: Joining["parts"]) {
    this.parts = parts;
    this.keyPackage = copy(
      encodeMlsMessage({ version: "mls10", wireformat: "mls_key_package", keyPackage: parts.publicPackage }),
    );
  }

  /** Makes a key package of a member, signed by their device. */
  static async prepare(device: Device, member: string): Promise<Joining> {
    const suite = await deviceSuite(device);
    const credential: Credential = { credentialType: "basic", identity: utf8(member) };
    const keys = { publicKey: device.publicKey, signKey: device.publicKey };
    const made = await generateKeyPackageWithKey(credential, CAPABILITIES, defaultLifetime, [], keys, suite);
    return new Joining({ suite, ...made });
  }
}
