import { stageOf, type Operation } from "../state/operation";
import { count } from "../words";
import { Tag } from "./basic";

/** The state of an operation, as icon and word. */
export function OperationTag({ operation }: { operation: Operation }) {
  const { failed } = operation.progress;
  switch (stageOf(operation)) {
    case "planning":
      return <Tag look="accent" icon="spinner">Planning</Tag>;
    case "ready":
      return <Tag look="accent" icon="eye">Ready to review</Tag>;
    case "waiting":
      return <Tag look="outline" icon="clock">Waiting for approval</Tag>;
    case "expired":
      return <Tag icon="clock">Plan expired</Tag>;
    case "running":
      return <Tag look="accent" icon="spinner">Running</Tag>;
    case "stopping":
      return <Tag look="accent" icon="spinner">Stopping</Tag>;
    case "stopped":
      return <Tag icon="stop">Stopped</Tag>;
    case "discarded":
      return <Tag icon="close">Discarded</Tag>;
    case "failed":
      return <Tag icon="warning">Could not be planned</Tag>;
    default:
      return failed > 0 ? <Tag icon="warning">Done, {count(failed)} failed</Tag> : <Tag look="outline" icon="check">Done</Tag>;
  }
}
