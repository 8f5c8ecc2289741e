/** The connection to the server: a WebSocket. */

import type { Line, Transport } from "../protocol/index.ts";

const PATH = "api/room";

export class Socket implements Transport {
  private socket: WebSocket | null = null;

  connect(line: Line, server: string): void {
    this.close();
    const socket = new WebSocket(address(server));
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

/** A proxy in front of several servers finds the one that is meant by the query. */
function address(server: string): URL {
  const url = new URL(PATH, document.baseURI);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  url.search = server === "" ? "" : new URLSearchParams({ server }).toString();
  url.hash = "";
  return url;
}
