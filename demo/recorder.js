/* Records what a page plays, as anybody could who is in a call: all audio elements, mixed, as plain samples. */
window.recorder = {
  start() {
    const context = new AudioContext({ sampleRate: 48000 });
    const mix = context.createMediaStreamDestination();
    mix.channelCount = 1;
    const heard = new Set();
    const look = () => {
      for (const element of document.querySelectorAll("audio")) {
        const stream = element.srcObject;
        if (stream && !heard.has(stream)) {
          heard.add(stream);
          context.createMediaStreamSource(stream).connect(mix);
        }
      }
    };
    look();
    this.looking = setInterval(look, 50);
    this.parts = [];
    this.taking = new MediaRecorder(mix.stream, { mimeType: "audio/webm;codecs=pcm" });
    this.taking.ondataavailable = ({ data }) => this.parts.push(data);
    this.taking.start(1000);
  },
  async stop() {
    clearInterval(this.looking);
    await new Promise((resolve) => {
      this.taking.onstop = resolve;
      this.taking.stop();
    });
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob(this.parts));
    link.download = "heard.webm";
    link.click();
  },
};
