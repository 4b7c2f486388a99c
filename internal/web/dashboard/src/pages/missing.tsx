import { ButtonLink, Empty } from "../parts/basic";
import { TopBar } from "../shell";

export function Missing() {
  return (
    <>
      <TopBar title="No such page" />
      <Empty icon="search" title="There is nothing at this address" actions={<ButtonLink to="/customers">Go to customers</ButtonLink>}>
        The link may be old, or mistyped.
      </Empty>
    </>
  );
}
