/*
 * Faults of a browser, each once, in the order of `window.faults`: "lost", what a page sends is thrown away; "silent", its
 * microphone gives no sound, not even silence.
 */
(() => {
  const [Transform, Processor] = [RTCRtpScriptTransform, MediaStreamTrackProcessor];
  const once = (fault) => window.faults?.[0] === fault && window.faults.shift() === fault;
  const NOBODY = { kind: "receive", stream: 2 ** 31 };
  window.RTCRtpScriptTransform = class extends Transform {
    constructor(worker, options) {
      super(worker, options.kind === "send" && once("lost") ? NOBODY : options);
    }
  };
  window.MediaStreamTrackProcessor = class {
    constructor(of) {
      this.readable = once("silent") ? new ReadableStream() : new Processor(of).readable;
    }
  };
})();
