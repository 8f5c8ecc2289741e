/* Keeps the microphone that a page opens, and takes down, sample by sample, it and every stream that the page plays. */
(() => {
  const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  let microphone;
  navigator.mediaDevices.getUserMedia = async (constraints) => (microphone = await open(constraints));

  /* Blocks of all inputs side by side, each with the machine's clock when it was full, in ms. */
  const worklet = `
    const BLOCK = 1024;
    registerProcessor("tap", class extends AudioWorkletProcessor {
      filled = 0;
      process(inputs) {
        this.block ??= inputs.map(() => new Int16Array(BLOCK));
        inputs.forEach(([channel], input) => {
          if (channel) for (let n = 0; n < 128; n++) this.block[input][this.filled + n] = 32767 * channel[n];
        });
        this.filled += 128;
        if (this.filled === BLOCK) {
          this.port.postMessage({ ms: Date.now(), block: this.block }, this.block.map((one) => one.buffer));
          this.block = null;
          this.filled = 0;
        }
        return true;
      }
    });`;

  window.tap = {
    async start() {
      this.context = new AudioContext({ sampleRate: 48000 });
      await this.context.audioWorklet.addModule(URL.createObjectURL(new Blob([worklet], { type: "text/javascript" })));
      const played = [...document.querySelectorAll("#sound audio")].map((element) => element.srcObject);
      const streams = [microphone, ...played];
      const node = new AudioWorkletNode(this.context, "tap", { numberOfInputs: streams.length, channelCount: 1, channelCountMode: "explicit" });
      this.blocks = [];
      node.port.onmessage = ({ data }) => this.blocks.push(data);
      streams.forEach((stream, input) => this.context.createMediaStreamSource(stream).connect(node, 0, input));
      node.connect(this.context.destination);
    },
    async stop() {
      await this.context.close();
      const sounds = this.blocks[0].block.flatMap((_, input) => this.blocks.map(({ block }) => block[input]));
      const link = document.createElement("a");
      link.href = URL.createObjectURL(new Blob([Float64Array.from(this.blocks, ({ ms }) => ms), ...sounds]));
      link.download = "tapped";
      link.click();
      return this.blocks.length;
    },
  };
})();
