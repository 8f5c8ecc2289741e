/**
 * Gives each packet a carrier frame to travel in, without ever making the sound later.
 *
 * Carriers and packets come at the same rate, 50 a second, from one clock, but at different moments. Whichever comes
 * second completes the pair. A carrier may wait for its packet: that costs nothing, since only the packet is heard. A
 * packet that waits for a carrier is heard late, so packets are dropped
 *
 * * all of them when the first carrier comes (they were made while the connection was being set up), so that from then
 *   on a carrier waits for the next packet and not the other way round;
 * * as many as had to wait every single time in the last second (`WINDOW` carriers): a hiccup has shifted the two;
 * * the oldest, beyond `MOST_PACKETS`.
 *
 * Newer packets are worth more than older ones: what is dropped is always the oldest.
 */

export const WINDOW = 50;
export const MOST_PACKETS = 5;
export const MOST_CARRIERS = 3;

export interface PairingCounts {
  paired: number;
  droppedPackets: number;
  droppedCarriers: number;
}

export class Pairing<Carrier, Packet> {
  readonly counts: PairingCounts = { paired: 0, droppedPackets: 0, droppedCarriers: 0 };
  private readonly carriers: Carrier[] = [];
  private readonly packets: Packet[] = [];
  private started = false;
  private fewest = Number.POSITIVE_INFINITY;
  private seen = 0;

  /** @param send is called with each pair at once, in the order of the packets. */
  constructor(private readonly send: (carrier: Carrier, packet: Packet) => void) {}

  /** How many packets wait now: each is 20 ms of delay. */
  get waiting(): number {
    return this.packets.length;
  }

  /** Carriers come by another connection from now on. */
  renew(): void {
    this.counts.droppedCarriers += this.carriers.splice(0).length;
    this.started = false;
  }

  carrier(carrier: Carrier): void {
    if (!this.started) {
      this.started = true;
      this.drop(this.packets.length);
    }
    this.trim();
    this.carriers.push(carrier);
    if (this.carriers.length > MOST_CARRIERS) {
      this.carriers.shift();
      this.counts.droppedCarriers += 1;
    }
    this.pair();
  }

  packet(packet: Packet): void {
    this.packets.push(packet);
    this.drop(this.packets.length - MOST_PACKETS);
    this.pair();
  }

  private pair(): void {
    while (this.carriers.length > 0 && this.packets.length > 0) {
      this.counts.paired += 1;
      this.send(this.carriers.shift()!, this.packets.shift()!);
    }
  }

  /** Drops what has waited at every carrier of the window that ends now. */
  private trim(): void {
    this.fewest = Math.min(this.fewest, this.packets.length);
    this.seen += 1;
    if (this.seen === WINDOW) {
      this.drop(this.fewest);
      this.fewest = Number.POSITIVE_INFINITY;
      this.seen = 0;
    }
  }

  private drop(count: number): void {
    if (count > 0) {
      this.packets.splice(0, count);
      this.counts.droppedPackets += count;
    }
  }
}
