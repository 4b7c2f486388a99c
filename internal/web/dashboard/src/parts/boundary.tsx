import { Component, type ReactNode } from "react";
import { Button } from "./basic";
import { Icon } from "./icon";

type Props = { children: ReactNode; /** Another one begins again, as another page does. */ at: string };

/** In the place of what can't be shown: a part of the page that did not load, as offline or after a new build, or a fault in it. */
export class Boundary extends Component<Props, { broken: boolean; at: string }> {
  override state = { broken: false, at: this.props.at };

  static getDerivedStateFromError(): { broken: boolean } {
    return { broken: true };
  }

  static getDerivedStateFromProps({ at }: Props, state: { at: string }): { broken: boolean; at: string } | null {
    return at === state.at ? null : { broken: false, at };
  }

  override render(): ReactNode {
    if (!this.state.broken) return this.props.children;
    return (
      <div className="banner-note">
        <h1 className="visually-hidden">Not shown</h1>
        <div className="failure" role="alert">
          <Icon name="warning" />
          <p>
            <strong>This part of the dashboard couldn’t be shown.</strong> Check the connection, then reload the page.
          </p>
          <Button size="bar" onClick={() => location.reload()}>
            Reload
          </Button>
        </div>
      </div>
    );
  }
}
