/** What is heard of the others: one audio element for each stream, kept in the page. */

/** Plays tracks; each element says which stream it plays in `data-stream`. */
export class Sound {
  private readonly elements = new Map<number, HTMLAudioElement>();

  /**
   * @param place where the elements are put; they are not seen.
   * @param blocked is called when the browser wants a click before it plays; `play` is to be called by that.
   */
  constructor(
    private readonly place: HTMLElement,
    private readonly blocked: () => void,
  ) {}

  add(stream: number, track: MediaStreamTrack): void {
    this.remove(stream);
    const element = document.createElement("audio");
    element.dataset["stream"] = String(stream);
    element.srcObject = new MediaStream([track]);
    this.elements.set(stream, element);
    this.place.append(element);
    element.play().catch(this.blocked);
  }

  remove(stream: number): void {
    const element = this.elements.get(stream);
    if (element !== undefined) {
      element.srcObject = null;
      element.remove();
      this.elements.delete(stream);
    }
  }

  play(): void {
    for (const element of this.elements.values()) {
      element.play().catch(this.blocked);
    }
  }

  clear(): void {
    [...this.elements.keys()].forEach((stream) => {
      this.remove(stream);
    });
  }
}
