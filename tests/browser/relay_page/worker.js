// Stands in for sealing: a speaker's frames are replaced by 200 bytes that are known, a listener's are compared with them.
// u16 stream, u32 number, f64 time sent (ms), then bytes that follow from stream and number.
const SIZE = 200;
const HEAD = 14;
const SILENCE = new Uint8Array([0xf8, 0xff, 0xfe]); // an Opus frame
const tallies = { sent: {}, heard: {} };

const now = () => performance.timeOrigin + performance.now();

function filler(stream, number, index) {
  return (Math.imul(number + 1, 2654435761) ^ Math.imul(index + 1, 40503) ^ (stream * 97)) & 0xff;
}

function payload(stream, number) {
  const bytes = new Uint8Array(SIZE);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, stream);
  view.setUint32(2, number);
  view.setFloat64(6, now());
  for (let index = HEAD; index < SIZE; index += 1) bytes[index] = filler(stream, number, index);
  return bytes.buffer;
}

function intact(bytes, stream, number) {
  if (bytes.length !== SIZE) return false;
  for (let index = HEAD; index < SIZE; index += 1) if (bytes[index] !== filler(stream, number, index)) return false;
  return true;
}

function hear(tally, stream, data) {
  const bytes = new Uint8Array(data);
  const view = new DataView(data);
  tally.frames += 1;
  if (bytes.length < HEAD || view.getUint16(0) !== stream || !intact(bytes, stream, view.getUint32(2))) {
    tally.damaged += 1;
    return;
  }
  const number = view.getUint32(2);
  if (tally.first === null) tally.first = number;
  if (tally.last !== null && number <= tally.last) tally.disordered += 1;
  tally.last = Math.max(number, tally.last ?? 0);
  tally.delays.push(now() - view.getFloat64(6));
}

onrtctransform = ({ transformer }) => {
  const { side, stream } = transformer.options;
  let transform;
  if (side === "speaker") {
    tallies.sent[stream] = 0;
    transform = (frame, controller) => {
      frame.data = payload(stream, tallies.sent[stream]);
      tallies.sent[stream] += 1;
      controller.enqueue(frame);
    };
  } else {
    const tally = { frames: 0, damaged: 0, disordered: 0, first: null, last: null, delays: [] };
    tallies.heard[stream] = tally;
    transform = (frame, controller) => {
      hear(tally, stream, frame.data);
      frame.data = SILENCE.slice().buffer; // never what is not sound
      controller.enqueue(frame);
    };
  }
  transformer.readable.pipeThrough(new TransformStream({ transform })).pipeTo(transformer.writable);
};

onmessage = () => postMessage(tallies);
