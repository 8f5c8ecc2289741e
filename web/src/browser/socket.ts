/** The connection to the server: a WebSocket. */

import type { Line, Transport } from "../protocol/index.ts";

const PATH = "api/room";

export class Socket implements Transport {
  private socket: WebSocket | null = null;

  connect(line: Line): void {
    this.close();
    const socket = new WebSocket(address());
    this.socket = socket;
    const told = (tell: () => void) => () => {
      if (this.socket === socket) {
        tell();
      }
    };
    socket.onopen = told(() => {
      line.connected();
    });
    socket.onmessage = ({ data }: MessageEvent<unknown>) => {
      told(() => {
        line.received(typeof data === "string" ? data : "");
      })();
    };
    socket.onclose = told(() => {
      this.socket = null;
      line.disconnected();
    });
  }

  send(text: string): void {
    if (this.socket?.readyState === WebSocket.OPEN) {
      this.socket.send(text);
    }
  }

  close(): void {
    const socket = this.socket;
    this.socket = null;
    socket?.close();
  }
}

function address(): URL {
  const url = new URL(PATH, document.baseURI);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  url.hash = "";
  return url;
}
