/* Watches a page's connections from within, as a test must: which streams bring sound, and how much of it was made up. */
(() => {
  const MOST_SAID = 200;
  const connections = new Set();
  const sockets = [];
  const said = [];
  let me = null;
  let roster = [];
  let counts = { sending: null, streams: [] };
  /* Keeps of what is said to the server and by it the kind, and which stream it is about; nothing that is secret. */
  const note = (by, text) => {
    const message = JSON.parse(text);
    if (message.type === "challenge") me = message.member.id;
    if (message.type === "roster") roster = message.members;
    said.push([by, message.type, message.stream ?? ""].join(" ").trim());
    said.splice(0, said.length - MOST_SAID);
  };
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
      this.addEventListener("message", ({ data }) => note("server:", data));
    }
    send(text) {
      note("page:", text);
      if (!window.silentOnLoss || !text.includes('"type":"loss"')) super.send(text);
    }
  };
  window.Worker = class extends Worker {
    constructor(...options) {
      super(...options);
      this.addEventListener("message", ({ data }) => {
        if (data.type === "counts") counts = data.counts;
      });
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
    /* Whom of those who speak the page does not hear within a second, and all that it knows of why. */
    async knows() {
      const opened = () => new Map(counts.streams.map((one) => [one.stream, one.opened]));
      const before = opened();
      await new Promise((resolve) => setTimeout(resolve, 1000));
      const now = opened();
      const others = roster.filter(({ id, speaking_stream: stream }) => id !== me && stream !== null);
      const missed = others.filter(({ speaking_stream: stream }) => !(now.get(stream) > (before.get(stream) ?? 0)));
      const ways = [...connections].map(async (one) => {
        const report = [...(await one.getStats()).values()];
        const [sent, come] = ["outbound-rtp", "inbound-rtp"].map((type) => report.find((of) => of.type === type));
        const { connectionState, iceConnectionState, signalingState } = one;
        return {
          state: `${connectionState}, ${iceConnectionState}, ${signalingState}`,
          sent: sent?.packetsSent ?? null,
          received: come?.packetsReceived ?? null,
          real: come === undefined ? null : real(come),
        };
      });
      return {
        misses: missed.map(({ name }) => name),
        streams: roster.map(({ name, speaking_stream: stream }) => [name, stream]),
        ways: await Promise.all(ways),
        packets: counts,
        said,
      };
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
