// Put before the media worker: its second encoder is fed with what the first one gets, so that nobody can be told apart.
{
  const Real = AudioEncoder;
  let made = 0;
  let last = null;
  globalThis.AudioEncoder = class {
    static isConfigSupported(config) {
      return Real.isConfigSupported(config);
    }
    constructor(options) {
      this.first = made++ % 2 === 0;
      this.real = new Real(options);
    }
    get state() {
      return this.real.state;
    }
    configure(config) {
      this.real.configure(config);
    }
    encode(data) {
      if (this.first) {
        last?.close();
        last = data.clone();
      }
      this.real.encode(this.first ? data : last);
    }
    close() {
      this.real.close();
    }
  };
}
