// What browsers know and TypeScript's library does not yet.
interface HTMLElement {
  showPopover(options?: { source?: HTMLElement }): void;
}
