/** What this browser can do of what a call needs. */

import { ENCODER_CONFIG } from "./encoders.ts";

export interface Support {
  /** Sealed sound can be taken apart before it is decoded; without it nobody gets in. */
  encodedTransform: boolean;
  /** Own sound can be marked and sealed; without it one can listen only. */
  speaking: boolean;
}

export async function support(): Promise<Support> {
  const encodedTransform = "RTCRtpScriptTransform" in globalThis && "RTCPeerConnection" in globalThis;
  return { encodedTransform, speaking: encodedTransform && (await canEncode()) };
}

async function canEncode(): Promise<boolean> {
  if (!("AudioEncoder" in globalThis) || !("AudioWorkletNode" in globalThis)) {
    return false;
  }
  try {
    return (await AudioEncoder.isConfigSupported(ENCODER_CONFIG)).supported === true;
  } catch {
    return false;
  }
}
