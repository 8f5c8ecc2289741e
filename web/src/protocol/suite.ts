/** The cipher suite of the members' group, signing with the device's key. */

import {
  type AuthenticationService,
  type Capabilities,
  type CiphersuiteImpl,
  type ClientConfig,
  defaultKeyPackageEqualityConfig,
  defaultLifetimeConfig,
  defaultPaddingConfig,
  getCiphersuiteFromName,
  getCiphersuiteImpl,
} from "ts-mls";

import { copy } from "./bytes.ts";
import type { Device } from "./device.ts";
import { GroupError } from "./errors.ts";

const NAME = "MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519";

/** What members' software can do: this one suite, and credentials that are just a member's id. */
export const CAPABILITIES: Capabilities = {
  versions: ["mls10"],
  ciphersuites: [NAME],
  extensions: [],
  proposals: [],
  credentials: ["basic"],
};

/**
 * A member's credential is their id, and their leaf's key that of their device. Which devices are whose nobody in the
 * group can know from the server; that is what safety words are for.
 */
const authService: AuthenticationService = {
  validateCredential(credential, publicKey) {
    const named = credential.credentialType === "basic" && credential.identity.length > 0;
    return Promise.resolve(named && publicKey.length === 32);
  },
};

/** Nothing but commits is ever sent in the group; so no epoch's keys are kept once it is past. */
export const CONFIG: ClientConfig = {
  keyRetentionConfig: { retainKeysForGenerations: 0, retainKeysForEpochs: 0, maximumForwardRatchetSteps: 16 },
  lifetimeConfig: defaultLifetimeConfig,
  keyPackageEqualityConfig: defaultKeyPackageEqualityConfig,
  paddingConfig: defaultPaddingConfig,
  authService,
};

/**
 * Returns the suite of a device. Its private key cannot leave the browser's keeping; so where the library wants the bytes
 * of a signing key it is given those of the public key, which only tell that this device is to sign.
 */
export async function deviceSuite(device: Device): Promise<CiphersuiteImpl> {
  const suite = await getCiphersuiteImpl(getCiphersuiteFromName(NAME));
  const sign = (key: Uint8Array, message: Uint8Array): Promise<Uint8Array> => {
    if (key !== device.publicKey) throw new GroupError("the group is to be signed for by this device alone");
    return device.sign(copy(message));
  };
  return { ...suite, signature: { ...suite.signature, sign } };
}
