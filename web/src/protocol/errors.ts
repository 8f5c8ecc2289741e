/**
 * What can go wrong, said so that a person knows what to do next; the counterpart of `earmark.errors`.
 */
export class ProtocolError extends Error {
  /** One sentence that says what helps; empty where there is nothing to say. */
  readonly hint: string;

  constructor(message: string, hint = "") {
    super(message);
    this.name = new.target.name;
    this.hint = hint;
  }
}

/** Bytes are no packet, or what was asked to be packed does not fit into one. */
export class PacketError extends ProtocolError {}

/** A frame cannot be sealed: out of order, of a wrong size, or there is no epoch yet. */
export class SealingError extends ProtocolError {}

/** The group's keys cannot be made, changed or joined. */
export class GroupError extends ProtocolError {}

/** A message is not one of the call's. */
export class MessageError extends ProtocolError {}
