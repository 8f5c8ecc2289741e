/** The media worker: coding, sealing and opening happen here, away from the page's own thread. */

import { Openers, Sealer, type Epoch, type OwnStream, type Spoken } from "../protocol/index.ts";
import type { Counts, FromWorker, ReceivingCounts, Source, ToWorker, TransformOptions } from "./messages.ts";
import { receive, type Frames } from "./receiving.ts";
import { Sending } from "./sending.ts";

interface TransformScope {
  onrtctransform: ((event: RTCTransformEvent) => void) | null;
  onmessage: ((event: MessageEvent<ToWorker>) => void) | null;
  postMessage(message: FromWorker): void;
}

interface Own {
  sealer: Sealer;
  sending: Sending;
}

const scope = globalThis as unknown as TransformScope;
const openers = new Openers();
const heard = new Set<number>();
let sealingEpoch: Epoch | null = null;
let own: Own | null = null;
let carrier: RTCRtpScriptTransformer | null = null;

scope.onrtctransform = ({ transformer }) => {
  const options = transformer.options as TransformOptions;
  if (options.kind === "send") {
    carrier = transformer;
    connect();
  } else {
    const { stream } = options;
    hear(stream, transformer, false);
  }
};

scope.onmessage = ({ data }) => {
  switch (data.type) {
    case "speak":
      speak(data.own, data.source, data.muted);
      break;
    case "mute":
      own?.sending.mute(data.muted);
      break;
    case "silence":
      silence();
      break;
    case "epoch":
      openers.setEpoch(data.epoch);
      break;
    case "seal":
      sealingEpoch = data.epoch;
      own?.sealer.setEpoch(data.epoch);
      break;
    case "keys":
      openers.addKeys(data.stream, data.keys);
      break;
    case "sample":
      void sample(data.stream, data.position);
      break;
    case "receive":
      hear(data.stream, data, true);
      break;
    case "keep":
      keep(data.kept);
      break;
    case "loss":
      own?.sending.lost(data.loss);
      break;
    case "drop":
      openers.drop(data.stream);
      heard.delete(data.stream);
      break;
    case "count":
      scope.postMessage({ type: "counts", counts: counts() });
  }
};

async function sample(stream: number, position: number): Promise<void> {
  scope.postMessage({ type: "sampled", stream, position, sampled: await openers.sample(stream, position) });
}

/** @param recovering whether the browser takes frames out of their order. */
function hear(stream: number, frames: Frames, recovering: boolean): void {
  heard.add(stream);
  receive(frames, async (packet) => {
    const opener = openers.of(stream);
    const opus = (await opener?.open(packet)) ?? null;
    return { opus, recovered: (recovering ? await opener?.recover(packet) : undefined) ?? [] };
  });
}

function speak(stream: OwnStream, source: Source, muted: boolean): void {
  silence();
  const sealer = new Sealer(stream.stream, stream.secret);
  if (sealingEpoch !== null) {
    sealer.setEpoch(sealingEpoch);
  }
  own = { sealer, sending: new Sending(stream, sealer, source, failed) };
  own.sending.mute(muted);
  connect();
}

/** The transform and the stream's secret come in either order. */
function connect(): void {
  if (carrier !== null && own !== null) {
    own.sending.carry(carrier);
    carrier = null;
  }
}

/** Hands out what is said, to be sealed for the vault; a browser that cannot code it once more keeps nothing. */
function keep(kept: boolean): void {
  const emit = (spoken: Spoken): void => {
    scope.postMessage({ type: "spoken", spoken });
  };
  own?.sending.keep(kept ? emit : null, (error) => {
    scope.postMessage({ type: "unkept", message: error instanceof Error ? error.message : String(error) });
  });
}

function silence(): void {
  own?.sending.close();
  own = null;
}

function failed(error: unknown): void {
  silence();
  scope.postMessage({ type: "failed", message: error instanceof Error ? error.message : String(error) });
}

function counts(): Counts {
  return { sending: own?.sending.counts ?? null, streams: [...heard].flatMap(received) };
}

function received(stream: number): ReceivingCounts[] {
  const opener = openers.of(stream);
  if (opener === undefined) {
    return [];
  }
  const { opened, recovered, refusals, keysUntil } = opener;
  return [
    {
      stream,
      opened,
      recovered: Object.fromEntries(recovered),
      refused: Object.fromEntries(refusals),
      keysUntil,
    },
  ];
}
