/* Watches a page's connections from within, as a test must: which streams bring sound, and how much of it was made up. */
(() => {
  const connections = new Set();
  const sockets = [];
  window.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(...options) {
      super(...options);
      connections.add(this);
    }
    close() {
      super.close();
      connections.delete(this);
    }
  };
  window.WebSocket = class extends WebSocket {
    constructor(...options) {
      super(...options);
      sockets.push(this);
    }
    send(text) {
      if (!window.silentOnLoss || !text.includes('"type":"loss"')) super.send(text);
    }
  };
  const inbound = async () => {
    const reports = await Promise.all([...connections].map((one) => one.getStats()));
    return reports.map((report) => [...report.values()].find(({ type }) => type === "inbound-rtp"));
  };
  const real = (report) => (report ? report.totalSamplesReceived - report.concealedSamples : 0);
  window.watched = {
    /* How many streams have brought a tenth of a second of sound within half a second. */
    async hearing() {
      const before = new Map((await inbound()).filter(Boolean).map((report) => [report.ssrc, real(report)]));
      await new Promise((resolve) => setTimeout(resolve, 500));
      const now = (await inbound()).filter(Boolean);
      return now.filter((report) => before.has(report.ssrc) && real(report) - before.get(report.ssrc) > 4800).length;
    },
    /* Samples that came, of them those that were made up, the jitter buffer's delay, and the energy of all. */
    async sound() {
      const sum = { samples: 0, concealed: 0, delayed: 0, emitted: 0, energy: 0 };
      for (const report of (await inbound()).filter(Boolean)) {
        sum.samples += report.totalSamplesReceived ?? 0;
        sum.concealed += report.concealedSamples ?? 0;
        sum.delayed += report.jitterBufferDelay ?? 0;
        sum.energy += report.totalAudioEnergy ?? 0;
        sum.emitted += report.jitterBufferEmittedCount ?? 0;
      }
      return sum;
    },
    /* Whether each track that is sent may be heard, were it not for what takes its place. */
    audible() {
      const tracks = [...connections].flatMap((one) => one.getSenders()).map(({ track }) => track);
      return tracks.filter(Boolean).map(({ enabled }) => enabled);
    },
    /* The connection to the server is lost. */
    disconnect() {
      sockets.at(-1).close();
    },
  };
})();
